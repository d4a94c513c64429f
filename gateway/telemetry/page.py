"""The table of docs/metrics.md, made from the names themselves."""

from __future__ import annotations

from gateway.telemetry import names
from gateway.telemetry.names import Kind, Name


def metrics_table() -> str:
    """Markdown: every metric as it is exposed, with its kind, its labels and its meaning."""
    lines = ["| metric | kind | labels | meaning |", "|---|---|---|---|"]
    for name in vars(names).values():
        if isinstance(name, Name):
            shown = f"{name.name}_total" if name.kind is Kind.COUNTER else name.name
            labels = " ".join(f"`{label}`" for label in name.labels)
            lines.append(f"| `{shown}` | {name.kind.value} | {labels} | {name.help} |")
    return "\n".join(lines) + "\n"
