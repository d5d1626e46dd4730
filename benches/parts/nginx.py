"""nginx with files, which nothing that makes its answers outruns."""

import os

from .processes import free_port, is_ready
from .table import progress


def serve(stage, setting, folder, site):
    """Serves the files of a folder; answers the process and its address, or nothing where nginx is not installed."""
    program = setting.programs["nginx"]
    if program is None:
        progress("nginx is not installed, so nothing is held against it: apt-get install --no-install-recommends nginx-light")
        return None
    (site / "ready").write_bytes(b"")
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(
        f"""daemon off;
worker_processes {os.cpu_count()};
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    default_type text/plain;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {site}; gzip_static on; }}
}}
""",
        encoding="utf-8",
    )
    process = stage.start([program, "-c", config, "-p", folder, "-e", folder / "error.log"], folder / "nginx.log")
    address = f"127.0.0.1:{port}"
    process.wait(lambda: is_ready(address, "/ready"), "its readiness")
    return process, address
