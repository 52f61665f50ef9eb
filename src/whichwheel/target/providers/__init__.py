"""One module per namespace: `detect() -> facts` and the pure `properties(facts)`."""
