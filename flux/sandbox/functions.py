"""FUNCTIONS: every SQL function that a query may call. A list of what is allowed, never of what is not.

Left out on purpose: what opens files or code (`load_extension`, `fts3_tokenizer`), what tells of the engine
or the machine (`sqlite_…`, `changes`), and what makes bytes out of nothing (`randomblob`, `zeroblob`).
"""

_TEXT = """
    char concat concat_ws format glob hex instr length like lower ltrim octet_length printf quote replace
    rtrim substr substring trim unhex unicode upper
"""
_NUMBERS = """
    abs acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod
    pi pow power radians random round sign sin sinh sqrt tan tanh trunc
"""
_CHOICES = """
    coalesce if ifnull iif likelihood likely nullif typeof unlikely
"""
_TIME = """
    current_date current_time current_timestamp date datetime julianday strftime time timediff unixepoch
"""
_GROUPS = """
    avg count group_concat max median min percentile string_agg sum total
"""
_WINDOWS = """
    cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number
"""
_JSON = """
    -> ->> json json_array json_array_length json_each json_extract json_group_array json_group_object
    json_insert json_object json_patch json_quote json_remove json_replace json_set json_tree json_type
    json_valid
"""

FUNCTIONS = tuple((_TEXT + _NUMBERS + _CHOICES + _TIME + _GROUPS + _WINDOWS + _JSON).split())
