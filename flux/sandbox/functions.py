"""FUNCTIONS: every SQL function that a query may call. A list of what is allowed, never of what is not.

Left out on purpose: what opens files or code (`load_extension`, `fts3_tokenizer`), what tells of the engine
or the machine (`sqlite_…`, `changes`), what makes bytes out of nothing (`randomblob`, `zeroblob`), and what
came after SQLite 3.38 (`concat`, `median`, `unhex`, …): a query means the same wherever Flux runs.
"""

_TEXT = """
    char format glob hex instr length like lower ltrim printf quote replace rtrim substr substring trim
    unicode upper
"""
_NUMBERS = """
    abs acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod
    pi pow power radians random round sign sin sinh sqrt tan tanh trunc
"""
_CHOICES = """
    coalesce ifnull iif likelihood likely nullif typeof unlikely
"""
_TIME = """
    current_date current_time current_timestamp date datetime julianday strftime time unixepoch
"""
_GROUPS = """
    avg count group_concat max min sum total
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
