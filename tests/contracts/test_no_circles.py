"""No module imports one that imports it, by however long a way; imports for types alone count too."""

import grimp


def _circles(imports: dict[str, set[str]]) -> list[list[str]]:
    """Each set of modules that reach one another, sorted: Tarjan's strongly connected components."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    found: list[list[str]] = []
    for root in imports:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        path.append(root)
        work = [(root, iter(sorted(imports[root])))]
        while work:
            here, ahead = work[-1]
            for there in ahead:
                if there not in index:
                    index[there] = low[there] = len(index)
                    path.append(there)
                    work.append((there, iter(sorted(imports[there]))))
                    break
                if there in path:
                    low[here] = min(low[here], index[there])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[here])
                if low[here] == index[here]:
                    at = path.index(here)
                    found.append(sorted(path[at:]))
                    del path[at:]
    return [one for one in found if len(one) > 1]


def test_modules_do_not_import_one_another_in_a_circle() -> None:
    graph = grimp.build_graph("server", "emr", "compliance", "signaling", "visit_ui", cache_dir=None)
    imports = {name: set(graph.find_modules_directly_imported_by(name)) for name in graph.modules}
    assert len(imports) > 500
    assert _circles(imports) == []


def test_a_circle_is_seen() -> None:
    assert _circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert _circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []
