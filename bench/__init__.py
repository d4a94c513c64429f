"""Side-by-side measurements of the gateway, hand-written peers and a bare answer, in one run."""
