"""What Flux can find out: KINDS, the one list. An analysis is one file and one line here."""

from flux.analyses.best_time import BEST_TIME
from flux.analyses.format_comparison import FORMAT_COMPARISON
from flux.analyses.kind import Kind
from flux.analyses.period_comparison import PERIOD_COMPARISON
from flux.analyses.roi import ROI
from flux.analyses.summary import SUMMARY
from flux.analyses.trend import TREND

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (SUMMARY, TREND, BEST_TIME, FORMAT_COMPARISON, PERIOD_COMPARISON, ROI)
}
