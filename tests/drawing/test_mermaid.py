"""Graphs as Mermaid text; what Mermaid would take for more than text is an entity."""

from gateway.drawing.mermaid import mermaid
from tests.drawing.samples import profile


def test_profile_is_a_flowchart():
    assert (
        mermaid([profile()])
        == """\
flowchart LR
  subgraph r0["GET /profile/#123;id#125;"]
    r0s0["<b>user</b><br/>GET users/#123;id#125;<br/>≤ 800 ms"]
    r0s1("<b>orders</b><br/>GET orders?of=#123;id#125;")
    r0s2("<b>recs</b><br/>GET recs/#123;user.kind#125;<br/>≤ 1 s")
    r0s3("<b>friends</b>")
    r0s4("<b>ranked</b><br/>POST rank #60;a#62; #38; #34;b#34;")
    r0s5("<b>alone</b>")
    r0s0 ==> r0s2
    r0s0 --> r0s3
    r0s1 -.-> r0s4
    r0s2 ==> r0s4
    r0s3 --> r0s4
  end
"""
    )


def test_several_graphs_share_no_names():
    text = mermaid([profile(), profile()])

    assert "r0s0[" in text
    assert "r1s0[" in text
