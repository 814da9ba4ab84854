"""The JSON routes that others rely on: each is in OpenAPI, with an example of its answer and its refusals."""

import pytest

ROUTES = [
    ("get", "/api/v1/posts"),
    ("post", "/api/v1/posts"),
    ("get", "/api/v1/posts/{post_id}"),
    ("put", "/api/v1/posts/{post_id}/vote"),
    ("delete", "/api/v1/posts/{post_id}/vote"),
    ("post", "/api/v1/posts/{post_id}/merge"),
    ("delete", "/api/v1/posts/{post_id}/merge"),
    ("get", "/api/v1/posts/{post_id}/comments"),
    ("post", "/api/v1/posts/{post_id}/comments"),
    ("get", "/api/v1/silence"),
    ("get", "/api/v1/search"),
    ("get", "/api/v1/search/suggest"),
    ("get", "/api/v1/similar"),
    ("get", "/api/v1/themes"),
    ("get", "/api/v1/themes/{theme_id}"),
    ("get", "/api/v1/themes/{theme_id}/acts"),
    ("post", "/api/v1/themes/{theme_id}/acts"),
    ("post", "/api/v1/themes/{theme_id}/acts/{act_id}/undo"),
    ("get", "/api/v1/runs"),
    ("get", "/api/v1/runs/{run_id}/changes"),
    ("post", "/api/v1/runs/{run_id}/approve"),
    ("post", "/api/v1/runs/{run_id}/reject"),
    ("post", "/api/v1/runs/{run_id}/undo"),
    ("get", "/api/v1/radar/alerts"),
    ("get", "/api/v1/radar/alerts/{alert_id}"),
    ("post", "/api/v1/radar/alerts/{alert_id}/verdict"),
    ("get", "/api/v1/dossiers"),
    ("get", "/api/v1/dossiers/{dossier_id}"),
    ("post", "/api/v1/dossiers/{dossier_id}/receipt"),
    ("post", "/api/v1/themes/{theme_id}/dossiers"),
    ("get", "/api/v1/roadmap"),
    ("post", "/api/v1/roadmap"),
    ("get", "/api/v1/roadmap/boards"),
    ("get", "/api/v1/roadmap/{item_id}"),
    ("patch", "/api/v1/roadmap/{item_id}"),
    ("post", "/api/v1/roadmap/{item_id}/stage"),
    ("get", "/api/v1/releases"),
    ("post", "/api/v1/releases"),
    ("get", "/api/v1/releases/{release_id}"),
    ("put", "/api/v1/releases/{release_id}"),
    ("post", "/api/v1/releases/{release_id}/rollout"),
    ("post", "/api/v1/releases/{release_id}/halt"),
    ("get", "/api/v1/releases/{release_id}/applicability"),
    ("put", "/api/v1/releases/{release_id}/applicability"),
    ("get", "/api/v1/roadmap/{item_id}/applicability"),
    ("put", "/api/v1/roadmap/{item_id}/applicability"),
    ("put", "/api/v1/vehicles/{vehicle_id}/software"),
    ("get", "/api/v1/promises"),
    ("get", "/api/v1/promises/{promise_id}"),
    ("post", "/api/v1/promises"),
    ("patch", "/api/v1/promises/{promise_id}"),
    ("post", "/api/v1/promises/{promise_id}/act"),
    ("get", "/api/v1/announcements"),
    ("get", "/api/v1/announcements/{announcement_id}"),
    ("get", "/api/v1/announcements/{announcement_id}/check"),
    ("post", "/api/v1/announcements"),
    ("put", "/api/v1/announcements/{announcement_id}"),
    ("post", "/api/v1/announcements/{announcement_id}/approve"),
    ("post", "/api/v1/announcements/{announcement_id}/publish"),
    ("post", "/api/v1/announcements/{announcement_id}/withdraw"),
    ("get", "/api/v1/value"),
    ("get", "/api/v1/live/{code}/topics"),
]


@pytest.fixture(scope="module")
def document(app):
    return app.openapi()


def _resolved(document, schema):
    while "$ref" in schema:
        part = document
        for key in schema["$ref"].removeprefix("#/").split("/"):
            part = part[key]
        schema = part
    return schema


def _has_example(document, content) -> bool:
    schema = _resolved(document, content.get("schema", {}))
    if "example" in content or "examples" in content or "example" in schema or "examples" in schema:
        return True
    inner = [schema.get("items", {}), *schema.get("properties", {}).values()]
    inner += [part.get("items", {}) for part in inner if isinstance(part, dict)]
    return any("examples" in _resolved(document, part) or "example" in _resolved(document, part) for part in inner)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_json_route_is_documented_with_example_and_errors(document, method, path):
    operation = document["paths"][path][method]
    answers = operation["responses"]
    good = next(answer for code, answer in answers.items() if code.startswith("2"))
    content = good.get("content", {}).get("application/json")
    assert content is not None, "the answer has no JSON schema"
    assert _has_example(document, content), "the answer has no example"
    assert any(code.startswith("4") for code in answers), "no refusal is documented"
    assert operation.get("summary") or operation.get("description")


def test_refusals_have_one_shape(document):
    for path, methods in document["paths"].items():
        if not path.startswith("/api/v1"):
            continue
        for method, operation in methods.items():
            for code, answer in operation["responses"].items():
                if code.startswith("4"):
                    schema = _resolved(document, answer["content"]["application/json"]["schema"])
                    assert "error" in schema.get("properties", {}), f"{method} {path} {code}"
