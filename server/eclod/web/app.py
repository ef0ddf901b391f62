"""The application factory: everything the service answers, put together from its parts."""

from __future__ import annotations

from flask import Flask

from eclod.core.settings import Settings
from eclod.store.engine import Engine
from eclod.store.releases import Releases
from eclod.web.context import EXTENSION, Indexes, Service
from eclod.web.deliveries import graphs, submissions
from eclod.web.finding import previews, reconciliation, resolve
from eclod.web.finding import search as finding
from eclod.web.inbox import routes as inbox
from eclod.web.messages import errors, responses
from eclod.web.pages import (
    calendar,
    catalogue,
    conformance,
    embedding,
    figures,
    health,
    merging,
    metrics,
    news,
    openapi,
    problems,
    registries,
    releases,
    sitemap,
    tables,
)
from eclod.web.pages.feed import routes as feed
from eclod.web.pages.lists import browse, routes
from eclod.web.queries import competency, completion, federation, receipts, saved, sparql
from eclod.web.resources import documents, scheme_pages, typesetting, vocabulary

_BLUEPRINTS = (
    browse.blueprint,
    calendar.blueprint,
    news.blueprint,
    catalogue.blueprint,
    competency.blueprint,
    conformance.blueprint,
    completion.blueprint,
    documents.blueprint,
    embedding.blueprint,
    federation.blueprint,
    feed.blueprint,
    figures.blueprint,
    finding.blueprint,
    graphs.blueprint,
    health.blueprint,
    inbox.blueprint,
    merging.blueprint,
    metrics.blueprint,
    openapi.blueprint,
    previews.blueprint,
    problems.blueprint,
    receipts.blueprint,
    reconciliation.blueprint,
    registries.blueprint,
    releases.blueprint,
    resolve.blueprint,
    routes.blueprint,
    saved.blueprint,
    scheme_pages.blueprint,
    sitemap.blueprint,
    sparql.blueprint,
    submissions.blueprint,
    tables.blueprint,
    vocabulary.blueprint,
)


def create_app(settings: Settings, engine: Engine, releases: Releases, search: Indexes) -> Flask:
    """Return the application over an engine, the releases below one data folder, and their search indexes."""
    app = Flask("eclod.web")
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    # One address, one answer: no redirects that Werkzeug would build from the Host header.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    found = Service(settings, engine, releases, search)
    app.extensions[EXTENSION] = found
    app.jinja_env.globals["typesetting"] = typesetting.FOR_TEMPLATES
    responses.install(app, found)
    errors.install(app)
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
