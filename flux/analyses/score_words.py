"""What a score says in words: plain sentences with their figures."""

from flux.analyses.expectation import INTERVAL, LEAST_POSTS
from flux.analyses.sentences import between, figure, percent, short_of
from flux.analyses.statistics import Estimate, ratio
from flux.schemas.scores import Factor, FactorName

RARE = 5  # posts below which a level is called rare
METHOD = (
    "Adjusted engagement on logarithms, against the author's mature posts with known engagement. Effects of "
    "format, weekday, hour, length and hashtags by partial pooling (empirical Bayes; Efron and Morris 1975); "
    "the range holds 80 % of posts, by the jackknife (Barber et al. 2021)."
)
EXPERIMENT = "Factors go together with topics and occasions: that is no experiment, and no proof of a cause."
DRAFT = (
    "Nothing is known of a draft's content here: only its format, time, length and hashtags count. What is "
    "expected is therefore near the middle for most drafts."
)
MATURING = "This post is younger than 7 days at its last reading: its figures will still grow."
UNMEASURED = "This post's engagement is not known, so it has no place."


def too_few(posts: int) -> str:
    """That nothing can be expected yet."""
    return short_of(posts, LEAST_POSTS, "posts older than 7 days with known engagement")


def factor(name: FactorName, value: str, effect: Estimate, posts: int) -> Factor:
    """A level's effect, and what it means."""
    multiple, low, high = (ratio(log) or 0.0 for log in (effect.value, effect.low, effect.high))
    clear = effect.low > 0 or effect.high < 0
    if not posts:
        meaning = f"No post of this history has it ({_named(name, value)}): nothing is known of its effect."
    elif clear:
        meaning = f"{_named(name, value)}: {percent(multiple)} than other posts{between(low, high)}."
        meaning = meaning.replace("as much than", "as much as")
    else:
        meaning = f"{_named(name, value)}: no clear difference{between(low, high)}."
    if 0 < posts < RARE:
        meaning += f" It was seen in {posts} {'post' if posts == 1 else 'posts'} only."
    return Factor(
        name=name, value=value, effect=multiple, low=low, high=high, clear=clear, sample_size=posts,
        meaning=meaning,
    )  # fmt: skip


def post_verdict(value: float, percentile: float, low: float, high: float) -> str:
    """A stored post's place."""
    where = "above" if value > high else "below" if value < low else "within"
    return (
        f"With an adjusted engagement of {figure(value)} it surpasses {percentile:.0f} % of the author's"
        f" posts; that is {where} the range of {figure(low)} to {figure(high)} that such posts mostly reach."
    )


def draft_verdict(expected: float, percentile: float, low: float, high: float) -> str:
    """What to expect of a draft."""
    return (
        f"Such a post can expect an adjusted engagement of about {figure(expected)}, which surpasses "
        f"{percentile:.0f} % of the author's posts; {INTERVAL:.0%} of such posts fall between {figure(low)} "
        f"and {figure(high)}."
    ).replace("80%", "80 %")


def _named(name: str, value: str) -> str:
    kind = {
        "format": "Format",
        "weekday": "Weekday",
        "hour": "Hour",
        "length": "Length",
        "hashtags": "Hashtags",
    }
    return f"{kind[name]} {value.replace('_', ' ')}"
