"""Start an X-Talk server that takes texts from edge devices: copy it beside `edge_manager.py`.

    python launch.py --config server_config.json --port 7635

It does what X-Talk's sample server does, without its web page. Early generations ask nobody who
they are: it listens to this machine alone unless `--host` says otherwise, and then belongs behind a
proxy that encrypts and asks for a token.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from edge_manager import install


def build(config: dict[str, Any]) -> Any:
    """Return an `Xtalk` of any generation, with the edge manager in every session."""
    import xtalk

    own = config.get("service_config", {})
    if hasattr(xtalk.Xtalk, "create_models_from_config"):
        models = xtalk.Xtalk.create_models_from_config(config_path_or_dict=config)
        service = xtalk.DefaultService(models=models, service_config=own)
    else:
        pipeline = xtalk.Xtalk.create_pipeline_from_config(
            pipeline_cls=xtalk.DefaultPipeline,
            config_path_or_dict=config,
            additional_model_registry={},
        )
        service = xtalk.DefaultService(pipeline=pipeline, service_config=own)
    install(service)
    most = config.get("max_connections")
    return xtalk.Xtalk(service_prototype=service, max_sessions=int(most) if most else None)


def mount(xtalk: Any, app: Any) -> None:
    """Let the server be reached at /ws, with login and sessions where its generation has them."""
    if hasattr(xtalk, "mount_routes"):
        xtalk.mount_routes(app)
        return
    from starlette.routing import WebSocketRoute

    async def talk(websocket: Any) -> None:
        await xtalk.connect(websocket)

    app.router.routes.append(WebSocketRoute("/ws", talk))


def main() -> None:
    """Read the command line and serve until interrupted."""
    import fastapi
    import uvicorn

    parser = argparse.ArgumentParser(description="An X-Talk server that takes texts.")
    parser.add_argument("--config", type=Path, required=True, help="X-Talk's JSON settings")
    parser.add_argument(
        "--host", default="127.0.0.1", help="where to listen (default: %(default)s)"
    )
    parser.add_argument("--port", type=int, default=7635, help="default: %(default)s")
    parser.add_argument("--ssl-certfile", help="certificate, to be reached by wss://")
    parser.add_argument("--ssl-keyfile", help="its key")
    args = parser.parse_args()

    app = fastapi.FastAPI(title="X-Talk server with edge manager")
    mount(build(json.loads(args.config.read_text(encoding="utf-8"))), app)
    uvicorn.run(
        app,
        host=args.host,
        port=args.port,
        ssl_certfile=args.ssl_certfile,
        ssl_keyfile=args.ssl_keyfile,
    )


if __name__ == "__main__":
    main()
