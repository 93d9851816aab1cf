"""The feed doctor: what each tool will show of a feed, found out by asking for it as the tool does."""

from flask import Blueprint, render_template, request

from flux.doctor import TOOLS, Ask, Place, Seen, Tool, Verdict, judge
from flux.extensions import engine
from flux.logs import scrub
from flux.mistakes import Mistake
from flux.store.accounts import allowance
from flux.store.vault import Holder, Key
from flux.web.doctor_asks import visit
from flux.web.doctor_patient import Patient, read_patient, wrong
from flux.web.picker import asked_feed, base_url, feed_of, open_metrics
from flux.web.session import me, signed_in

blueprint = Blueprint("doctor", __name__)

PLACES = ("address", "bearer", "basic")  # where a key may stand


@blueprint.route("/settings/api/feed/doctor", methods=["GET", "POST"])
@signed_in
def doctor() -> str | tuple[str, int]:
    """The form for a key, a link or an address; sent, what each tool will show. Nothing of it is kept."""
    dataset, _, arguments = asked_feed(open_metrics(me().account_id))
    feed = feed_of(dataset, arguments)
    if request.method == "GET":
        return render_template("doctor.html", feed=feed)
    try:
        patient = read_patient(request.form.get("secret", ""), feed, _holder())
    except Mistake as wrong:
        return render_template("doctor.html", feed=feed, wrong=wrong), 400
    verdicts, refused = examine(patient)
    return render_template(
        "doctor.html",
        feed=feed,
        verdicts=verdicts,
        refused=refused,
        dry=patient.holder is not None,
        pasted=patient.query is not None,
        link=patient.is_link,
        address=scrub(patient.hidden().address(TOOLS[0])),
    )


def examine(patient: Patient) -> tuple[list[Verdict], bool]:
    """A verdict on each tool, and whether a key with a slip is refused wherever it may stand."""
    place = Place(patient.base, base_url())
    seen: dict[tuple[object, ...], Seen] = {}  # tools that ask alike are answered alike
    counted: set[object] = set()

    def answered(tool: Tool, ask: Ask) -> Seen:
        asked = (tool.key, tool.format, tool.abroad, ask)
        if asked not in seen:
            seen[asked] = visit(patient, tool, ask, counted)
        return seen[asked]

    verdicts = [
        judge(tool, [answered(tool, ask) for ask in tool.asks], place, len(patient.address(tool)))
        for tool in TOOLS
    ]
    first = [next(tool for tool in TOOLS if tool.key == key) for key in PLACES]
    return verdicts, all(visit(wrong(patient), tool, Ask(), counted).status == 401 for tool in first)


def _holder() -> Holder:
    """Whoever is signed in, as the holder of a key without limits: for a dry run."""
    account = me().account_id
    allowed = allowance(engine, account)
    key = Key(
        id=account,
        account_id=account,
        kind="bi",
        name="dry run",
        hint="dry run",
        permissions=("read",),
        datasets=None,
        profiles=None,
        allow=None,
        rate_limit_per_hour=None,
        created_at=0,
        expires_at=None,
        revoked_at=None,
        last_used_at=None,
        last_used_as=None,
        replaced_by=None,
    )
    return Holder(
        key, allowed.plan, allowed.rate_limit_per_hour, allowed.rate_limit_per_minute, allowed.data_api
    )
