"""`call`, `secret` and `krules calls`, against a small HTTP server of the test's own."""

import collections
import http.server
import json
import os
import pathlib
import signal
import socket
import ssl
import threading
import time
import types
import unittest

import support
from support import Case, event, main, parse_lines


class Server:
    """Answers as `answer(request, number of that path)` says: (status, headers, body), or None for never; counts from 1."""

    def __init__(self, case, answer):
        self.requests = []
        self.counts = collections.Counter()
        self.changed = threading.Condition()
        self.released = threading.Event()
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                size = int(self.headers.get("content-length", 0))
                body = self.rfile.read(size).decode("utf-8")
                # This object serves every request of its connection.
                request = types.SimpleNamespace(command=self.command, path=self.path, headers=self.headers, body=body)
                with server.changed:
                    server.requests.append(request)
                    server.counts[self.path] += 1
                    count = server.counts[self.path]
                    server.changed.notify_all()
                reply = answer(request, count)
                if reply is None:
                    server.released.wait(60)
                    self.close_connection = True
                    return
                status, headers, body = reply
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if isinstance(body, (str, bytes)):
                    body = body.encode("utf-8") if isinstance(body, str) else body
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                    return
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True
                try:
                    for piece in body:
                        self.wfile.write(piece)
                except OSError:
                    pass

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        self.url = f"http://{self.host}"
        thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        thread.start()

        def end():
            self.released.set()
            self.server.shutdown()
            self.server.server_close()

        case.addCleanup(end)

    def wait_for(self, count):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.requests) >= count, 30), f"{len(self.requests)} of {count} requests"


JSON = {"Content-Type": "application/json"}
REPLIED = "rule replied on came { emit done { ...payload, extra: extra } }\n"


class CallCase(Case):
    def server(self, answer):
        return Server(self, answer)

    def run_rules(self, rules, *arguments, events=None, status=0, **options):
        """The events that came out, by their data."""
        self.write("a.krules", rules)
        done = self.krules(
            "run", "a.krules", "--db", "a.db", *arguments, input=event("go") if events is None else events, status=status, **options
        )
        self.log = done.stderr
        return [line["data"] for line in parse_lines(done.stdout) if line["type"] == "done"]

    def ask(self, server, path="/", more="", *arguments, **options):
        rules = f'rule ask on go {{ call http.get("{server.url}{path}") reply came {more} }}\n' + REPLIED
        return self.run_rules(rules, "--allow-http", server.host, *arguments, **options)

    def pending(self):
        return parse_lines(self.krules("calls", "--db", "a.db").stdout)

    def pending_subjects(self, pattern):
        return [call["subject"] for call in parse_lines(self.krules("calls", pattern, "--db", "a.db").stdout)]


class Calls(CallCase):
    def test_json_and_text(self):
        def answer(request, _):
            if request.path == "/json":
                return 200, {"Content-Type": "application/vnd.x+json; charset=utf-8", "X-A": "1"}, '{"n": [1, 2.5]}'
            if request.path == "/bytes":
                return 200, {"Content-Type": "image/png"}, b"\x89PNG\xff"
            if request.path == "/empty":
                return 204, JSON, ""
            return 200, {"Content-Type": "text/plain"}, "grüß dich"

        server = self.server(answer)
        [data] = self.ask(server, "/json", 'with { order: 7, wait: 2s }')
        self.assertEqual((data["ok"], data["status"], data["body"]), (True, 200, {"n": [1, 2.5]}))
        self.assertEqual(data["headers"]["x-a"], "1")
        self.assertEqual(data["extra"], {"order": 7, "wait": "2s"})
        self.assertNotIn("error", data)
        [data] = self.ask(server, "/text")
        self.assertEqual((data["ok"], data["body"], data["extra"]), (True, "grüß dich", None))
        [data] = self.ask(server, "/bytes")
        self.assertEqual((data["body"], data["encoding"]), ("iVBOR/8=", "base64"))
        [data] = self.ask(server, "/empty")
        self.assertEqual((data["ok"], data["status"], data.get("body")), (True, 204, None))
        self.assertEqual(self.pending(), [])

    def test_what_is_sent(self):
        server = self.server(lambda request, _: (200, JSON, "{}"))
        rules = f"""
rule ask on go {{
    call http.post("{server.url}/a?x=1", {{ body: payload, query: {{ q: "a b&ü", list: [1, 2], none: null }},
        headers: {{ "X-Order": subject, "X-None": null, "X-Empty": "" }}, auth: {{ user: "me", password: "pässword" }} }}) reply came
    call http.put("{server.url}/b", {{ body: "text", headers: {{ "Content-Type": "text/csv" }} }}) reply came
    call http.delete("{server.url}/c") reply came
    call http.patch("{server.url}/d", {{ body: [null, 2s] }}) reply came
}}
""" + REPLIED
        self.assertEqual(len(self.run_rules(rules, "--allow-http", server.host, events=event("go", "s-1", {"n": 1}))), 4)
        by_path = {request.path.split("?")[0]: request for request in server.requests}
        a = by_path["/a"]
        self.assertEqual(a.path, "/a?x=1&q=a%20b%26%C3%BC&list=1&list=2")
        self.assertEqual((a.command, a.body, a.headers["content-type"]), ("POST", '{"n":1}', "application/json"))
        self.assertEqual((a.headers["x-order"], a.headers["x-none"], a.headers["x-empty"]), ("s-1", None, ""))
        self.assertEqual(a.headers["authorization"], "Basic bWU6cMOkc3N3b3Jk")
        b = by_path["/b"]
        self.assertEqual((b.command, b.body, b.headers["content-type"]), ("PUT", "text", "text/csv"))
        self.assertEqual((by_path["/c"].command, by_path["/c"].body), ("DELETE", ""))
        self.assertEqual((by_path["/d"].command, by_path["/d"].body), ("PATCH", '[null,"2s"]'))
        keys = {request.headers["idempotency-key"] for request in server.requests}
        self.assertEqual(len(keys), 4)

    def test_a_status_that_is_no_success(self):
        server = self.server(lambda *_: (404, JSON, '{"why": "gone"}'))
        [data] = self.ask(server, "/", "retry 3 backoff 1ms")
        self.assertEqual((data["ok"], data["status"], data["body"]), (False, 404, {"why": "gone"}))
        self.assertEqual(data["error"], f"`{server.host}` answered with status 404")
        self.assertEqual(len(server.requests), 1)

    def test_again_under_the_same_key(self):
        server = self.server(lambda _, count: (503 if count < 3 else 200, JSON, f'{{"count": {count}}}'))
        [data] = self.ask(server, "/", "retry 3 backoff 1ms")
        self.assertEqual((data["ok"], data["body"]), (True, {"count": 3}))
        self.assertEqual(len({request.headers["idempotency-key"] for request in server.requests}), 1)
        self.assertEqual(len(server.requests), 3)

    def test_the_last_attempt_is_told(self):
        server = self.server(lambda *_: (500, JSON, "{}"))
        [data] = self.ask(server, "/", "retry 2 backoff 1ms")
        self.assertEqual((data["ok"], data["status"], len(server.requests)), (False, 500, 3))

    def test_retry_after(self):
        server = self.server(lambda _, count: (429, {"Retry-After": "1"}, "") if count == 1 else (200, {}, "now"))
        [data] = self.ask(server, "/", "retry 1 backoff 1ms")
        self.assertEqual((data["ok"], data["body"]), (True, "now"))

    def test_no_answer_in_time(self):
        server = self.server(lambda *_: None)
        [data] = self.ask(server, "/", "timeout 200ms")
        self.assertEqual(data, {"ok": False, "error": f"no answer from `{server.host}` within 200ms", "extra": None})

    def test_a_connection_that_is_refused(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            host = f"127.0.0.1:{free.getsockname()[1]}"
        rules = f'rule ask on go {{ call http.get("http://{host}") reply came retry 1 backoff 1ms }}\n' + REPLIED
        [data] = self.run_rules(rules, "--allow-http", host)
        self.assertEqual(data, {"ok": False, "error": f"no connection to `{host}`: Connection refused", "extra": None})

    def test_a_certificate_that_nobody_vouches_for(self):
        server = self.server(lambda *_: (200, {}, "mine"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pathlib.Path(__file__).with_name("self_signed.pem"))
        server.server.socket = context.wrap_socket(server.server.socket, server_side=True)
        rules = f'rule ask on go {{ call http.get("https://{server.host}") reply came retry 2 backoff 1ms }}\n' + REPLIED
        [data] = self.run_rules(rules, "--allow-http", server.host)
        self.assertEqual(data["ok"], False)
        self.assertTrue(data["error"].startswith(f"no secure connection to `{server.host}`: "), data["error"])
        self.assertEqual(server.requests, [])

    def test_a_host_that_is_not_granted(self):
        rules = 'rule ask on go { call http.get("https://api.example.com/x") reply came }\n' + REPLIED
        [data] = self.run_rules(rules, "--allow-http", "example.com", "--allow-http", "api.example.com:8443")
        error = "`api.example.com` is not granted; --allow-http api.example.com would allow it"
        self.assertEqual(data, {"ok": False, "error": error, "extra": None})
        self.assertIn("calls of `api.example.com` are not granted", self.log)
        self.assertIn("K0229", self.log)
        self.assertIn("start with `--allow-http api.example.com`", self.log)

    def test_what_no_url_can_be(self):
        rules = "rule ask on go { call http.get(payload.url) reply came }\n" + REPLIED
        for url, error in [
            ("ftp://example.com/x", "calls go to `http://` and `https://` alone"),
            ("file:///etc/passwd", "calls go to `http://` and `https://` alone"),
            ("http://", "the URL cannot be read: it begins with `https://` and a host"),
            ("https://me:pw@example.com", "a URL has no user and password in it: give them as `auth: { user: ..., password: ... }`"),
        ]:
            [data] = self.run_rules(rules, "--allow-http", "*", events=event("go", data={"url": url}))
            self.assertEqual((data["ok"], data["error"]), (False, error), url)

    def test_headers_keep_to_their_line(self):
        server = self.server(lambda *_: (200, {}, ""))
        rules = f'rule ask on go {{ call http.get("{server.url}", {{ headers: payload }}) reply came }}\n' + REPLIED
        for headers, error in [
            ({"x": "a\r\nb: c"}, "the header `x` has a line end in it"),
            ({"a b": "c"}, "`a b` is no name of a header"),
            ({"Host": "other"}, "the header `host` follows from the request and is not given"),
        ]:
            [data] = self.run_rules(rules, "--allow-http", server.host, events=event("go", data=headers))
            self.assertEqual(data["error"], error)
        self.assertEqual(server.requests, [])

    def test_redirects(self):
        other = self.server(lambda *_: (200, {}, "here"))

        def answer(request, _):
            targets = {"/away": f"{other.url}/x", "/file": "file:///etc/passwd", "/round": "/round", "/near": "/end"}
            if request.path in targets:
                return 302, {"Location": targets[request.path]}, ""
            return 200, {}, request.command

        server = self.server(answer)
        [data] = self.ask(server, "/near")
        self.assertEqual((data["ok"], data["body"]), (True, "GET"))
        [data] = self.ask(server, "/away")
        self.assertEqual(
            data["error"],
            f"the redirect of `{server.host}` is not followed: `{other.host}` is not granted; --allow-http {other.host} would allow it",
        )
        self.assertEqual(other.requests, [])
        [data] = self.ask(server, "/file")
        self.assertEqual(data["error"], f"the redirect of `{server.host}` is not followed: calls go to `http://` and `https://` alone")
        [data] = self.ask(server, "/round")
        self.assertEqual(data["error"], "there are more than 5 redirects")

        rules = f"""rule ask on go {{
    call http.post("{server.url}/away", {{ body: 1, headers: {{ "X-A": "1", authorization: "mine" }} }}) reply came
}}\n""" + REPLIED
        [data] = self.run_rules(rules, "--allow-http", server.host, "--allow-http", other.host)
        self.assertEqual(data["body"], "here")
        [followed] = other.requests
        self.assertEqual((followed.command, followed.body, followed.headers["content-type"]), ("GET", "", None))
        self.assertEqual((followed.headers["x-a"], followed.headers["authorization"]), ("1", None))

    def test_not_json_though_it_says_so(self):
        server = self.server(lambda *_: (200, JSON, "<html>"))
        [data] = self.ask(server)
        self.assertEqual((data["ok"], data["body"]), (True, "<html>"))
        self.assertTrue(data["error"].startswith("the body is not JSON, though it says so: "), data["error"])

    def test_a_huge_response(self):
        def pieces():
            for _ in range(1024):
                yield b"x" * (1 << 20)

        server = self.server(lambda *_: (200, {}, pieces()))
        [data] = self.ask(server, "/", "timeout 20s", "--max-response", "1")
        self.assertEqual(data, {"ok": False, "error": "the response is larger than 1 MiB (--max-response)", "extra": None})

    def test_without_a_reply_only_failures_are_told(self):
        server = self.server(lambda request, _: (200 if request.path == "/good" else 500, {}, ""))
        rules = f'rule ask on go {{ call http.get("{server.url}/good") call http.get("{server.url}/bad") }}\n'
        self.run_rules(rules, "--allow-http", server.host)
        self.assertIn(f"call http.get failed: `{server.host}` answered with status 500", self.log)
        self.assertEqual(self.log.count("call http.get"), 1)
        self.assertIn("2 calls", self.log)
        self.assertEqual(self.pending(), [])

    def test_at_most_so_many_at_once(self):
        running = collections.Counter()
        lock = threading.Lock()
        both = threading.Barrier(2)

        def answer(*_):
            with lock:
                running["now"] += 1
                running["most"] = max(running["most"], running["now"])
            both.wait(30)
            with lock:
                running["now"] -= 1
            return 200, {}, ""

        server = self.server(answer)
        self.write("e.jsonl", "".join(event("go", f"s{i}") for i in range(8)))
        rules = f'rule ask on go {{ call http.get("{server.url}/{{subject}}") reply came }}\n' + REPLIED
        done = self.run_rules(rules, "--allow-http", server.host, "--max-calls", "2", "--events", "e.jsonl")
        self.assertEqual((len(done), running["most"]), (8, 2))

    def test_no_input_is_taken_while_too_many_wait(self):
        go_on = threading.Event()
        server = self.server(lambda *_: (200 if go_on.wait(30) else 500, {}, ""))
        self.write("e.jsonl", "".join(event("go", f"s{i}") for i in range(200)))
        self.write("a.krules", f'rule ask on go {{ call http.get("{server.url}/{{subject}}") reply came }}\n' + REPLIED)
        running = self.start(
            "run", "a.krules", "--db", "a.db", "--allow-http", server.host, "--max-calls", "3",
            "--max-waiting-calls", "20", "--events", "e.jsonl",
        )
        server.wait_for(3)
        # The store is all there is to see: looked at again and again, with a pause between.
        pause = threading.Event()
        end = time.monotonic() + support.DEADLINE
        while len(self.pending()) <= 20:
            self.assertLess(time.monotonic(), end)
            pause.wait(0.05)
        self.assertLess(len(self.pending()), 30)
        go_on.set()
        self.assertEqual(running.wait(), 0)
        self.assertEqual(len([line for line in running.out.splitlines() if '"type":"done"' in line]), 200)
        self.assertEqual(self.pending(), [])

    def test_a_stream_goes_on_meanwhile(self):
        server = self.server(lambda request, count: None if request.path == "/slow" else (200, {}, ""))
        self.write("a.krules", f'rule ask on go {{ call http.get("{server.url}/{{subject}}") reply came }}\n' + REPLIED)
        running = self.start("run", "a.krules", "--db", "a.db", "--allow-http", server.host)
        running.send(event("go", "slow"))
        server.wait_for(1)
        running.send(event("go", "quick"))
        running.until_printed('"subject":"quick"')
        [call] = self.pending()
        self.assertEqual(
            {name: call[name] for name in ("action", "arguments", "subject", "reply", "extra", "rule", "most_attempts")},
            {"action": "http.get", "arguments": {"url": f"{server.url}/slow"}, "subject": "slow", "reply": "came", "extra": None,
             "rule": "ask", "most_attempts": 1},
        )
        self.assertEqual(self.pending_subjects("q*"), [])
        self.assertEqual(running.stop(), 0)
        self.assertIn("1 call has no answer yet: made again by the next run on a.db", running.err)
        self.assertEqual(len(self.pending()), 1)

    def test_killed_between_commit_and_answer(self):
        server = self.server(lambda _, count: None if count == 1 else (200, JSON, f'{{"count": {count}}}'))
        self.write("a.krules", f'rule ask on go {{ call http.get("{server.url}/x") reply came with {{ n: 1 }} }}\n'
                   "rule replied on came { set times += 1 from 0  emit done { payload.body, extra: extra } }\n")
        running = self.start("run", "a.krules", "--db", "a.db", "--allow-http", server.host)
        running.send(event("go"))
        server.wait_for(1)
        running.kill(signal.SIGKILL)
        running.wait()
        [call] = self.pending()
        done = self.krules("run", "a.krules", "--db", "a.db", "--allow-http", server.host)
        [line] = [line for line in parse_lines(done.stdout) if line["type"] == "done"]
        self.assertEqual(line["data"], {"body": {"count": 2}, "extra": {"n": 1}})
        self.assertEqual([request.headers["idempotency-key"] for request in server.requests], [call["key"]] * 2)
        self.assertEqual(self.pending(), [])
        again = self.krules("run", "a.krules", "--db", "a.db", "--allow-http", server.host)
        self.assertEqual(again.stdout, "")
        self.assertEqual(self.subjects("--db", "a.db"), {"s": {"times": 1}})
        self.assertEqual(len(server.requests), 2)

    def test_a_reload_leaves_calls_alone(self):
        go_on = threading.Event()

        def answer(*_):
            go_on.wait(30)
            return 200, {}, "late"

        server = self.server(answer)
        rules = f'rule ask on go {{ call http.get("{server.url}") reply came }}\n'
        self.write("a.krules", rules + REPLIED)
        running = self.start("run", "a.krules", "--db", "a.db", "--allow-http", server.host)
        running.send(event("go"))
        server.wait_for(1)
        self.write("a.krules", rules + "rule replied on came { emit other payload }\n")
        running.until_logged("rules reloaded")
        go_on.set()
        running.until_printed('"type":"other"')
        self.assertEqual(running.end(), 0)
        self.assertEqual(len(server.requests), 1)

    def test_time_that_is_virtual_stands_still(self):
        server = self.server(lambda *_: (200, {}, ""))
        rules = f"""
rule ask on go {{ call http.get("{server.url}") reply came  emit later after 1h }}
rule replied on came {{ emit done {{ at: now() }} }}
rule late on later {{ emit done {{ late: now() }} }}
"""
        self.write("e.jsonl", event("go", time="2026-01-01T12:00:00Z") + event("nothing", time="2026-01-03T12:00:00Z"))
        done = self.run_rules(rules, "--allow-http", server.host, "--events", "e.jsonl", "--virtual-time")
        self.assertEqual(done, [{"at": "2026-01-01T12:00:00Z"}, {"late": "2026-01-01T13:00:00Z"}])

    def test_the_retry_pattern(self):
        server = self.server(lambda _, count: (500 if count < 3 else 200, JSON, "{}"))
        rules = f"""
rule call_api on api.call when subject.retry_count ?? 0 < 3 {{
    call http.post("{server.url}/charge", {{ body: payload }}) reply api.replied timeout 5s with {{ request: payload }}
}}
rule api_ok on api.replied when payload.ok {{
    set retry_count = 0 muted
    set last_success = now()
    emit done {{ ok: true }}
}}
rule api_failed on api.replied when not payload.ok {{
    let n = subject.retry_count ?? 0 + 1
    set retry_count = n muted
    if n < 3 {{ emit api.call extra.request after 10ms * 2 ** n }}
    else     {{ emit api.call_failed {{ payload.error, retries: n }}  emit done {{ payload.error }} }}
}}
"""
        done = self.run_rules(rules, "--allow-http", server.host, "--drain", events=event("api.call", "s", {"sum": 3}))
        self.assertEqual(done, [{"ok": True}])
        self.assertEqual([request.body for request in server.requests], ['{"sum":3}'] * 3)
        self.assertEqual(len({request.headers["idempotency-key"] for request in server.requests}), 3)
        self.assertEqual(self.subjects("--db", "a.db")["s"]["retry_count"], 0)

        server = self.server(lambda *_: (500, {}, ""))
        rules = rules.replace(rules.split('"')[1].rsplit("/", 1)[0], server.url)
        done = self.run_rules(rules, "--allow-http", server.host, "--drain", events=event("api.call", "t", {"sum": 4}))
        self.assertEqual(done, [{"error": f"`{server.host}` answered with status 500"}])
        self.assertEqual(len(server.requests), 3)

    def test_many_calls(self):
        server = self.server(lambda *_: (200, {}, ""))
        self.write("e.jsonl", "".join(event("go", f"s{i}") for i in range(300)))
        rules = f'rule ask on go {{ call http.get("{server.url}/{{subject}}") reply came }}\n' + REPLIED
        done = self.run_rules(rules, "--allow-http", server.host, "--events", "e.jsonl")
        self.assertEqual((len(done), len(server.requests)), (300, 300))
        self.assertEqual(self.pending(), [])

    def test_nothing_kept(self):
        server = self.server(lambda *_: (200, {}, "fine"))
        rules = f'rule ask on go {{ call http.get("{server.url}") reply came }}\n' + REPLIED
        [data] = self.run_rules(rules, "--allow-http", server.host, "--durability", "off")
        self.assertEqual(data["body"], "fine")

    def test_hosts_are_hosts(self):
        self.write("a.krules", REPLIED)
        for host, error in [
            ("https://api.example.com/x", "a host is granted, not a URL: write `api.example.com`"),
            ("a.b:0", "`0` is no port: it is a number from 1 to 65535"),
            ("::1", "an IPv6 address stands in brackets: `[::1]`"),
            ("a*.com", "`a*.com` is no host: write `api.example.com`, `*.example.com` or `127.0.0.1:8080`"),
        ]:
            done = self.krules("run", "a.krules", "--allow-http", host, status=2)
            self.assertIn(f"`{host}` is no value of --allow-http: {error}", done.stderr)


class Secrets(CallCase):
    VALUE = 'se"cret/ü v4lue'

    def test_a_secret_is_nowhere(self):
        def answer(request, count):
            if count == 1:
                return 503, {}, ""
            # Everything back, in every form that it has.
            echo = {"body": json.loads(request.body), "headers": dict(request.headers), "path": request.path}
            return 200, {**JSON, "X-Echo": request.headers["authorization"]}, json.dumps(echo, ensure_ascii=False)

        server = self.server(answer)
        rules = f"""
secret api_key
secret token
rule ask on go {{
    call http.post("{server.url}/x", {{ body: {{ key: api_key }}, query: {{ key: api_key }}, auth: {{ user: "me", password: api_key }},
        headers: {{ "x-key": "Bearer {{token}}" }} }}) reply came retry 2 backoff 1ms
}}
rule other on go {{ call http.get("http://127.0.0.1:1/{{token}}") }}
""" + REPLIED
        self.write("token", "t0ken-of-mine\n")
        environment = {**os.environ, "KRULES_SECRET_API_KEY": self.VALUE}
        [data] = self.run_rules(
            rules, "--allow-http", server.host, "--allow-http", "127.0.0.1:1", "--secret-file", "token=token", "--log-level", "debug",
            env=environment,
        )
        sent = server.requests[-1]
        self.assertEqual(json.loads(sent.body), {"key": self.VALUE})
        self.assertEqual(sent.headers["x-key"], "Bearer t0ken-of-mine")
        self.assertEqual(data["body"]["body"], {"key": "[secret api_key]"})
        self.assertEqual(data["body"]["headers"]["x-key"], "Bearer [secret token]")
        self.assertEqual(data["body"]["headers"]["authorization"], "Basic [secret of the call]")
        self.assertEqual(data["body"]["path"], "/x?key=[secret api_key]")
        self.assertEqual(data["headers"]["x-echo"], "Basic [secret of the call]")
        told = (self.log + json.dumps(data, ensure_ascii=False)).encode("utf-8")
        told += b"".join(path.read_bytes() for path in self.folder.glob("a.db*"))
        for text in ["v4lue", "t0ken-of-mine", sent.headers["authorization"].split()[1]]:
            self.assertNotIn(text.encode("utf-8"), told)

    def test_a_secret_of_a_pending_call(self):
        server = self.server(lambda *_: None if len(server.requests) == 1 else (200, {}, ""))
        self.write("a.krules", f'secret token rule ask on go {{ call http.get("{server.url}/{{token}}") reply came }}\n' + REPLIED)
        environment = {**os.environ, "KRULES_SECRET_TOKEN": "t0ken"}
        self.write("token", "other")
        arguments = ["run", "a.krules", "--db", "a.db", "--allow-http", server.host, "--secret-file", "token=token"]
        running = self.start(*arguments)
        running.send(event("go"))
        server.wait_for(1)
        self.assertEqual([call["arguments"] for call in self.pending()], [{"url": f"{server.url}/<secret token>"}])
        running.stop()
        # The value of the day, not of the day on which it was asked for.
        self.write("token", "newer")
        self.krules(*arguments, env=environment)
        self.assertEqual([request.path for request in server.requests], ["/other", "/newer"])

    def test_a_secret_without_a_value(self):
        self.write("a.krules", "secret api_key\n" + REPLIED)
        done = self.krules("run", "a.krules", status=1, env={k: v for k, v in os.environ.items() if not k.startswith("KRULES_")})
        self.assertIn("the secret `api_key` has no value", done.stderr)
        self.assertIn("set KRULES_SECRET_API_KEY in the environment, or give `--secret-file api_key=FILE`", done.stderr)
        done = self.krules("run", "a.krules", status=1, env={**os.environ, "KRULES_SECRET_API_KEY": ""})
        self.assertIn("the secret `api_key` is empty", done.stderr)
        self.krules("check", "a.krules")
        self.assertIn("cannot read `none`", self.krules("run", "a.krules", "--secret-file", "api_key=none", status=2).stderr)
        self.assertIn("write `--secret-file name=FILE`", self.krules("run", "a.krules", "--secret-file", "x", status=2).stderr)


if __name__ == "__main__":
    main()
