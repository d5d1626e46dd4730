#!/usr/bin/env python3
"""Tells the most memory that the exporter takes for a busy day of `ivr_calls`.

    python3 benches/ivr_memory.py target/release/wolkvox-exporter [ROWS ...]

A stand-in for wolkvox on this machine answers the report with so many invented rows (0 and 50000 unless given, at most
59999: an answer of 60000 is taken for cut). The most memory of the process (VmHWM) is read after the day was asked for as
a whole and three times in part; what rows cost is the difference to a day of none.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse


def row(number, date):
    """One call, of about 430 bytes, as wolkvox writes it."""
    waited, talked = number % 97, 30 + number % 600
    return {
        "conn_id": f"{1_700_000_000 + number * 7}.{number:06d}", "time_on_rp": f"00:00:{number % 60:02d}",
        "end_date_rp": f"{date} 08:00:00", "rp_id": str(7000 + number % 10), "ani": f"57300{number:07d}",
        "customer_id": "", "time_on_skill": f"00:01:{waited % 60:02d}", "skill_id": str(4100 + number % 20),
        "skill_result": "ANSWER", "go_to_agent": "YES", "agent_id": str(12000 + number % 40), "agent_name": "ANA PEREZ",
        "time_with_agent": f"00:{talked // 60:02d}:{talked % 60:02d}", "cod_act": f"C{number % 8}", "cod_act_2": "",
        "type_interaction": "inbound", "total_time": f"00:{(talked + waited) // 60:02d}:{(talked + waited) % 60:02d}",
    }


def serve(rows):
    """A stand-in that has these rows; its address, and a list of the questions."""
    asked = []

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            asked.append(self.path)
            query = parse_qs(urlparse(self.path).query)
            data = []
            if query["api"] == ["diagram_11"]:
                date = query["date_ini"][0]
                data = [row(number, f"{date[:4]}-{date[4:6]}-{date[6:8]}") for number in range(rows)]
            body = json.dumps({"code": "200", "error": None, "msg": "ok", "data": data}, indent=4).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except BrokenPipeError:
                pass  # The measurement was over.

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}", asked


def peak(binary, rows):
    """The most memory in bytes, and how many rows the exporter counted."""
    url, asked = serve(rows)
    with tempfile.TemporaryDirectory() as folder:
        token, config = os.path.join(folder, "token"), os.path.join(folder, "config.yaml")
        with open(token, "w", encoding="utf-8") as file:
            file.write("token")
        others = ["skills", "agents", "call_durations", "closed_interactions", "quota"]
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"operations:\n  - name: acme\n    base_url: {url}\n    token_file: token\n    timezone: Etc/UTC\n"
                       "    licenses: 500\n    reports:\n      ivr_calls: { interval: 8s }\n"
                       + "".join(f"      {report}: {{ enabled: false }}\n" for report in others))
        process = subprocess.Popen(
            [binary, f"--config.file={config}", "--web.listen-address=127.0.0.1:0", f"--storage.path={folder}/state"],
            stderr=subprocess.PIPE, text=True)
        try:
            address = next(line.split("url=")[1].split()[0] for line in process.stderr if "serving" in line and "url=" in line)
            deadline = time.monotonic() + 180
            while len(asked) < 5 and time.monotonic() < deadline:
                time.sleep(0.2)
            text = urllib.request.urlopen(f"{address}/metrics", timeout=10).read().decode()
            counted = sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith("wolkvox_ivr_calls_total"))
            with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
                kilobytes = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
            return kilobytes * 1024, int(counted)
        finally:
            process.kill()
            process.wait()


def main():
    binary, *wanted = sys.argv[1:]
    base = None
    for rows in [int(rows) for rows in wanted] or [0, 50_000]:
        most, counted = peak(binary, rows)
        base = most if base is None else base
        per_row = f", {(most - base) / rows:.0f} bytes a row" if rows else ""
        print(f"{rows} rows ({counted} calls counted): {most / 1e6:.1f} MB at most{per_row}")


main()
