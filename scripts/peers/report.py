"""The results as a table and as a plot."""

OURS = "nomenclator"


def fastest_peer(rates):
    """(name, tokens a second) of the fastest engine that is not ours."""
    peers = {name: rate for name, rate in rates.items() if not name.startswith(OURS)}
    return max(peers.items(), key=lambda peer: peer[1]) if peers else ("none", float("nan"))


def table(results, corpora, machine, threads, repeats, versions):
    """Markdown: tokens a second, and in brackets the ratio to the fastest peer on that corpus."""
    names = list(next(iter(results.values())))
    lines = [f"{machine}; {threads} threads. Medians of {repeats} interleaved runs by `scripts/compare_peers.py`, in",
             "thousands of tokens a second, in brackets as multiples of the fastest peer. This program is timed whole, from the",
             "start of the process to linked JSON Lines; the others from text to logits.", "",
             "| engine | " + " | ".join(f"{corpus.name} ({len(corpus.texts)} documents, {corpus.tokens} tokens)"
                                        for corpus in corpora) + " |",
             "|---|" + "---|" * len(corpora)]
    for name in names:
        cells = []
        for corpus in corpora:
            rates = results[corpus.name]
            ratio = rates[name] / fastest_peer(rates)[1]
            cells.append(f"{rates[name] / 1000:.1f} ({ratio:.2f}×)" if rates[name] else "fails")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", f"Versions: {versions}.", ""])


def plot(results, path):
    """Bars by engine, a panel for each corpus."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(results), figsize=(4 * len(results) + 2, 5), sharey=True, squeeze=False)
    for panel, (corpus, rates) in zip(panels[0], results.items()):
        names = list(rates)[::-1]
        colors = ["#2a6f97" if name.startswith(OURS) else "#b5b5b5" for name in names]
        panel.barh(names, [rates[name] / 1000 for name in names], color=colors)
        panel.set_title(corpus)
        panel.set_xlabel("thousand tokens/s")
    figure.tight_layout()
    figure.savefig(path)
