"""TLS and tokens: a real openssl makes the certificates, real agents and commands use them."""
import http.client
import os
import ssl
import subprocess
import time

from harness import Agent, Server, need, wait_for


def make_authority(context, name="ca"):
    need("openssl")
    key, certificate = context.path(f"{name}.key"), context.path(f"{name}.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return key, certificate


def make_certificate(context, authority, name, subject):
    key, request, certificate = (context.path(f"{name}.{end}") for end in ("key", "csr", "pem"))
    subprocess.run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={subject}",
                    "-keyout", key, "-out", request], check=True, capture_output=True)
    extensions = context.path(f"{name}.ext")
    with open(extensions, "w") as file:
        file.write("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    subprocess.run(["openssl", "x509", "-req", "-in", request, "-CA", authority[1], "-CAkey", authority[0], "-CAcreateserial",
                    "-days", "2", "-extfile", extensions, "-out", certificate], check=True, capture_output=True)
    return key, certificate


class TlsServer(Server):
    """A server that is asked over HTTPS."""
    def __init__(self, context, authority, certificate, *options):
        super().__init__(context, "--tls-certificate", certificate[1], "--tls-key", certificate[0], *options)
        self.trust = ssl.create_default_context(cafile=authority[1])
        self.headers = {}

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    def request(self, method, path, body=None, headers=None, timeout=120):
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=self.trust)
        try:
            connection.request(method, path, body, {**self.headers, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers
        finally:
            connection.close()


def certificate_of(server):
    return ssl.get_server_certificate(("127.0.0.1", server.port))


def test_tls_from_file_to_answer_and_a_renewed_certificate(context):
    authority = make_authority(context)
    certificate = make_certificate(context, authority, "server", "first")
    server = TlsServer(context, authority, certificate).start()
    environment = {"CORDWOOD_TLS_CA": authority[1]}
    with open(context.path("app.log"), "w") as log:
        log.write("".join(f"line {i}\n" for i in range(5000)))
    agent = Agent(context, server.url, context.path("app.log"), env=environment).start()
    agent.wait_caught_up()
    _, out, _ = context.run("query", '{job="app"}', "--limit", "0", "-o", "raw", "--url", server.url, env=environment)
    assert len(out.splitlines()) == 5000
    # A client that does not trust the authority says so, and a plain one gets nothing.
    code, _, error = context.run("labels", "--url", server.url, check=False)
    assert code == 3 and "no secure connection" in error, (code, error)
    code, _, _ = context.run("labels", "--url", server.url.replace("https", "http"), check=False)
    assert code == 3
    before = certificate_of(server)
    renewed = make_certificate(context, authority, "renewed", "second")
    time.sleep(0.01)
    os.replace(renewed[0], certificate[0])
    os.replace(renewed[1], certificate[1])
    wait_for(lambda: certificate_of(server) != before, 30, "the renewed certificate was not taken")
    # One that cannot be used changes nothing.
    with open(certificate[1], "w") as file:
        file.write("nonsense")
    time.sleep(6)
    assert server.request("GET", "/ready")[0] == 200
    agent.stop()
    assert server.stop() == 0


def test_client_certificates(context):
    authority = make_authority(context)
    certificate = make_certificate(context, authority, "server", "server")
    own = make_certificate(context, authority, "client", "client")
    stranger = make_certificate(context, make_authority(context, "other"), "stranger", "stranger")
    server = TlsServer(context, authority, certificate, "--tls-client-ca", authority[1])
    server.trust.load_cert_chain(own[1], own[0])
    server.start()
    good = {"CORDWOOD_TLS_CA": authority[1], "CORDWOOD_TLS_CERT": own[1], "CORDWOOD_TLS_KEY": own[0]}
    assert context.run("status", "--quiet", "--url", server.url, env=good)[0] == 0
    bad = dict(good, CORDWOOD_TLS_CERT=stranger[1], CORDWOOD_TLS_KEY=stranger[0])
    assert context.run("status", "--quiet", "--url", server.url, env=bad, check=False)[0] != 0
    del good["CORDWOOD_TLS_CERT"]
    assert context.run("status", "--quiet", "--url", server.url, env=good, check=False)[0] != 0


def test_tokens_with_rights_and_tenants(context):
    tokens = context.path("tokens.toml")
    made = {}
    for name, right, tenant in (("agents", "write", "shop"), ("people", "read", "shop"), ("others", "read", "office"), ("root", "admin", "")):
        arguments = ["admin", "token", name, "--right", right, "--file", tokens] + (["--tenant", tenant] if tenant else [])
        made[name] = context.run(*arguments)[1].strip()
    assert oct(os.stat(tokens).st_mode & 0o777) == "0o600"
    with open(tokens) as file:
        text = file.read()
    assert not any(token in text for token in made.values()), "the file has hashes only"
    server = Server(context, "--auth-tokens-file", tokens, "--tenants").start()
    with open(context.path("app.log"), "w") as log:
        log.write("".join(f"line {i}\n" for i in range(100)))
    agent = Agent(context, server.url, context.path("app.log"), env={"CORDWOOD_TOKEN": made["agents"]}).start()
    agent.wait_caught_up()

    def lines(token, *more):
        return context.run("query", '{job="app"}', "-o", "raw", "--limit", "0", "--url", server.url, *more, env={"CORDWOOD_TOKEN": token}, check=False)
    assert len(lines(made["people"])[1].splitlines()) == 100
    assert lines(made["others"])[1] == ""
    for token, text in ((made["agents"], "no right to read"), ("wrong", "not known"), ("", "token is needed")):
        code, _, error = lines(token)
        assert code == 3 and text in error, (text, code, error)
    assert lines(made["people"], "--tenant", "office")[0] == 3
    bearer = {"Authorization": "Bearer " + made["people"]}
    assert server.request("POST", "/flush", headers=bearer)[0] == 403
    assert server.request("POST", "/flush", headers={"Authorization": "Bearer " + made["root"]})[0] == 204
    assert server.request("GET", "/loki/api/v1/labels")[0] == 401
    # A token that is taken out of the file ends; a file with a mistake changes nothing.
    with open(tokens) as file:
        text = file.read()
    with open(tokens, "w") as file:
        file.write("[[token]]\nname = 3\n" + text)
    time.sleep(6)
    assert server.request("GET", "/loki/api/v1/labels", headers=bearer)[0] == 200
    assert "the tokens of before stay" in server.log_text()
    with open(tokens, "w") as file:
        file.write("# nobody\n")
    wait_for(lambda: server.request("GET", "/loki/api/v1/labels", headers=bearer)[0] == 401, 20, "the token did not end")


def test_a_listener_for_everybody_needs_authentication(context):
    tokens = context.path("tokens.toml")
    context.run("admin", "token", "a", "--right", "read", "--file", tokens)
    code, _, error = context.run("server", "--check", "--listen", "0.0.0.0:1", "--data", context.path("d"), check=False)
    assert code != 0 and "no authentication" in error, (code, error)
    code, out, _ = context.run("server", "--check", "--listen", "0.0.0.0:1", "--data", context.path("d"), "--auth-tokens-file", tokens)
    assert code == 0, out
    code, _, error = context.run("server", "--check", "--tls-key", "x", "--data", context.path("d"), check=False)
    assert code != 0 and "belong together" in error, (code, error)
