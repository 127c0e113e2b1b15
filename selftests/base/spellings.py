"""The ways in which a secret may be spelled: a table, with a secret of its own for each row.

The secrets are drawn at random for each run, so that nothing can be hidden by its letters.
"""

from __future__ import annotations

import json
import random
import string
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

AWS = string.ascii_uppercase + "234567"
ALNUM = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Spelling:
    """A text as a tool may write it, and what of it must stand in no report."""

    id: str
    text: str
    secrets: tuple[str, ...]


def drawn(chance: random.Random, length: int = 14) -> str:
    """A random secret: letters and digits, with some of each, as generators make them."""
    while True:
        secret = "".join(chance.choices(ALNUM, k=length))
        if any(c.isdigit() for c in secret) and any(c.isalpha() for c in secret[1:]):
            return secret


def full_percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def wide(text: str) -> str:
    """*text* in letters of full width."""
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)


def broken(text: str) -> str:
    """*text* with a space of no width after each letter."""
    return "\u200b".join(text)


def b64(text: str) -> str:
    return b64encode(text.encode()).decode()


FORMS: dict[str, Callable[[str], str]] = {
    # URLs and proxies
    "url": lambda s: f"CONNECT through http://user:{s}@proxy.corp:3128/ failed",
    "url-https-user-only": lambda s: f"clone https://{s}@git.corp/x.git failed",
    "url-slash": lambda s: f"http://user:pa/{s}@proxy:3128 refused",
    "url-at": lambda s: f"http://us:p@{s}@proxy:3128 refused",
    "url-quote": lambda s: f'proxy http://user:pa"{s}@proxy:3128 refused',
    "url-space": lambda s: f"proxy http://user:my {s}@proxy:3128 refused",
    "url-hash": lambda s: f"http://user:#?{s}@proxy:3128 refused",
    "url-encoded": lambda s: f"next=http%3A%2F%2Fuser%3A{s}%40proxy.corp%3A3128",
    "url-encoded-lower": lambda s: f"next=http%3a%2f%2fuser%3a{s}%40proxy.corp%3a3128",
    "url-encoded-twice": lambda s: (
        f"next={quote(quote(f'http://user:{s}@proxy', safe=''), safe='')}"
    ),
    "url-encoded-whole": lambda s: f"next={full_percent(f'http://user:{s}@proxy')}",
    "url-long": lambda s: f"http://user:{'x' * 400}{s}@proxy.corp:3128 refused",
    "url-json": lambda s: json.dumps({"p": f"http://user:{s}@proxy"}).replace("/", "\\/"),
    "url-entities": lambda s: f"http:&#47;&#47;user&#58;{s}&#64;proxy refused",
    "pair-encoded": lambda s: f"user%3A{s}%40proxy.corp%3A3128",
    "no-scheme": lambda s: f"proxy user:{s}@proxy.corp:3128 refused",
    "no-scheme-named": lambda s: f"https_proxy=user:{s}@proxy.corp:3128",
    "no-scheme-quoted": lambda s: f'Proxy "user:my {s}@proxy.corp:3128";',
    # headers
    "basic": lambda s: f"Proxy-Authorization: Basic {b64('user:' + s)}",
    "basic-alone": lambda s: f"sent Basic {b64('user:' + s)} to it",
    "bearer": lambda s: f"Authorization: Bearer {s}{s}",
    "bearer-alone": lambda s: f"401 for bearer {s}{s}",
    "digest": lambda s: f'Proxy-Authorization: Digest username="x", response="{s}"',
    "negotiate": lambda s: f"Negotiate YII{s}==",
    "cookie": lambda s: f"Set-Cookie: session={s}; Path=/",
    "x-auth-token": lambda s: f"X-Auth-Token: {s}",
    "ocp-apim": lambda s: f"Ocp-Apim-Subscription-Key: {s}",
    "functions-key": lambda s: f"x-functions-key: {s}",
    "x-api-key": lambda s: f"X-Api-Key: {s}",
    # parameters
    "sig": lambda s: f"https://x.blob.core/y?sv=1&sig={s}%2B{s}%3D&se=2",
    "sig-encoded": lambda s: f"u=https%3A%2F%2Fx%2Fy%3Fsv%3D1%26sig%3D{s}%26se%3D2",
    "code": lambda s: f"https://x.azurewebsites/api/f?code={s}==&a=1",
    "key": lambda s: f"https://x.corp/api?key={s}&a=1",
    "token-parameter": lambda s: f"https://x.corp/api?access_token={s}&a=1",
    "sas": lambda s: f"SharedAccessSignature=sr=x&sig={s}&se=1",
    "account-key": lambda s: f"AccountName=a;AccountKey={s}{s}==;EndpointSuffix=x",
    "shared-access-key": lambda s: f"SharedAccessKeyName=Root;SharedAccessKey={s}=",
    "workspace-key": lambda s: f"omsadmin.sh: workspace key: {s}",
    "workspace-key-camel": lambda s: f"WorkspaceKey={s}",
    "key-spaced": lambda s: f"the storage key is {s}",
    "api-key-spaced": lambda s: f"API key: {s}",
    # passwords in words
    "password-is": lambda s: f"password {s}",
    "password-colon": lambda s: f"Password: {s}",
    "password-equals": lambda s: f"password={s}",
    "password-quoted": lambda s: f'password="my {s} \'x"',
    "password-spaces": lambda s: f"password: correct horse {s}",
    "password-quote-within": lambda s: f"password=pa'ss\"{s}",
    "password-long": lambda s: f"password={'x' * 500}{s}",
    "password-lines": lambda s: f'password="first\nsecond{s}\nthird"',
    "pw": lambda s: f"pw={s}",
    "pass": lambda s: f"pass={s}",
    "pwd": lambda s: f"Server=x;Pwd={s};Database=y",
    "passphrase": lambda s: f"passphrase {s}",
    "passphrase-colon": lambda s: f"passphrase: {s}",
    "secret-camel": lambda s: f"clientSecret={s}",
    "secret-environment": lambda s: f"AZURE_CLIENT_SECRET={s}",
    "wide-word": lambda s: f"{wide('password')}{wide('=')}{s}",
    "wide-all": lambda s: wide(f"password={s}"),
    "broken-word": lambda s: f"{broken('password')}={s}",
    "soft-hyphen": lambda s: f"pass\u00adword={s}",
    "bidi": lambda s: f"pass\u202eword\u202c={s}",
    "escaped-word": lambda s: f'{{"pass\\u0077ord": "{s}"}}',
    "greek-word": lambda s: f"\u03c1assword={s}",
    "chinese": lambda s: f"用户 root 的密码\uff1a{s}",
    "german": lambda s: f"Kennwort: {s}",
    "psk": lambda s: f'psk="{s}"',
    "password-of": lambda s: f"the password of root is {s}",
    "accented-word": lambda s: f"p\u0430ssword={s}",
    # command lines
    "u": lambda s: f"curl -u user:{s} https://x",
    "big-u": lambda s: f"wget -U user:{s} https://x",
    "u-glued": lambda s: f"curl -xhttp://proxy:3128 -Uuser:{s} https://x",
    "proxy-user-file": lambda s: f'proxy-user = "user:{s}"',
    "u-quoted": lambda s: f"curl -u 'user:my {s}' https://x",
    "proxy-user": lambda s: f"curl --proxy-user user:{s} https://x",
    "proxy-user-equals": lambda s: f"curl --proxy-user=user:{s} https://x",
    "user": lambda s: f"curl --user user:{s} https://x",
    "p": lambda s: f"sshpass -p {s} ssh x",
    "p-quoted": lambda s: f"sshpass -p 'my {s}' ssh x",
    "p-glued": lambda s: f"mysql -uroot -p{s} db",
    "option": lambda s: f"azcmagent connect --service-principal-secret {s}",
    "option-equals": lambda s: f"azcmagent connect --service-principal-secret={s}",
    "option-password": lambda s: f"login --password {s} --x",
    # structures
    "json": lambda s: json.dumps({"password": s}),
    "json-list": lambda s: json.dumps({"tokens": [s, s]}),
    "json-object": lambda s: json.dumps({"credentials": {"value": s, "n": 1}}),
    "json-within": lambda s: json.dumps({"said": json.dumps({"password": s})}),
    "json-within-twice": lambda s: json.dumps({"a": json.dumps({"b": json.dumps({"token": s})})}),
    "json-in-text": lambda s: f"sent {json.dumps({'password': s, 'a': 1})} to it",
    "json-cut": lambda s: f'{{"password": "{s}',
    "json-name-value": lambda s: json.dumps([{"name": "password", "value": s}]),
    "json-name-value-capitals": lambda s: json.dumps([{"Name": "password", "Value": s}]),
    "python": lambda s: f"{{'password': '{s}'}}",
    "xml": lambda s: f"<Password>{s}</Password>",
    "xml-attributes": lambda s: f'<a:Password Type="x">{s}</a:Password>',
    "xml-attribute": lambda s: f'<x password="{s}"/>',
    "xml-name-value": lambda s: f'<add key="Password" value="{s}"/>',
    "xml-escaped": lambda s: escape(f"<Password>{s}</Password>"),
    "yaml": lambda s: f"db:\n  password: {s}\n",
    # keys and tokens by their own form
    "pem": lambda s: f"-----BEGIN RSA PRIVATE KEY-----\nMII{s}\n{s}\n-----END RSA PRIVATE KEY-----",
    "pem-line": lambda s: f"-----BEGIN PRIVATE KEY-----\\nMII{s}\\n-----END PRIVATE KEY-----\\n",
    "pem-cut": lambda s: f"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII{s}\n",
    "ssh-key": lambda s: (
        f"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE{s}\n"
        "-----END OPENSSH PRIVATE KEY-----"
    ),
    "ssh2-key": lambda s: f"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n{s}\n",
    "ssh-key-bare": lambda s: f"b3BlbnNzaC1rZXktdjEAAAAA{s}{s}",
    "putty": lambda s: f"PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\n{s}",
    "jwt": lambda s: f"eyJhbGciOiJIUzI1NiJ9.eyJ{s}.{s}",
    "github": lambda s: f"ghp_{(s * 3)[:36]}",
    "aws": lambda s: "AKIA" + "".join(c for c in s.upper() + AWS if c in AWS)[:16],
    "slack": lambda s: f"xoxb-1234567890-{s}{s}",
    "entra": lambda s: f"abc8Q~{(s * 3)[:34]}",
}
"""What a tool writes of the secret *s*."""


def spellings(chance: random.Random) -> Iterator[Spelling]:
    """A row for each form, each with a secret of its own."""
    for name, form in FORMS.items():
        secret = drawn(chance)
        text = form(secret)
        kept = [one for one in (secret, wide(secret), b64("user:" + secret)) if one in text]
        yield Spelling(name, text, tuple(kept) or (text[4:],))


HARMLESS = (
    "https://login.chinacloudapi.cn:443/a@b",
    "https://aka.ms/a@b",
    "http://[user:pw@]host[:port]",
    "the agent's key and its token are there",
    "urls/login-partner: no sign of a secret",
    "Permission denied (publickey,password).",
    "the password is wrong and has expired",
    "password authentication failed for user root",
    "ssh: connect to host web01 port 22: Connection refused",
    "ssh -p 2222 root@web01",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU root@web01 (ED25519)",
    "9F:86:D0:81:88:4C:7D:65:9A:2F:EA:A0:C5:5A:D0:15:A3:BF:4F:1B",
    "ghcr.io/a/b:1.2@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c",
    "chacha20-poly1305@openssh.com,cipher:aes256-gcm@openssh.com",
    "10.1.2.3:3128",
    "[fe80::1%eth0]:443",
    "git@github.com:owner/repository.git",
    "scp root@web01:/etc/ssl/openssl.cnf .",
    "ssl_protocols TLSv1.2 TLSv1.3;",
    "MinProtocol = TLSv1.2",
    "CipherString = DEFAULT@SECLEVEL=2",
    "OpenSSL 3.0.15 3 Sep 2024 (Library: OpenSSL 3.0.15 3 Sep 2024)",
    'Acquire::http::Proxy "http://proxy.corp:3128/";',
    "deb [signed-by=/usr/share/keyrings/debian.gpg] http://deb.debian.org/debian bookworm main",
    "-A OUTPUT -p tcp -m tcp --dport 443 -j ACCEPT",
    "-A OUTPUT -p udp -m udp --dport 53 -m owner --uid-owner 0 -j ACCEPT",
    '-A OUTPUT -d 10.0.0.0/8 -p icmp -m comment --comment "let it pass" -j ACCEPT',
    "tcp dport 443 ct state new accept",
    "proxy_bypass: AAD,ARM",
    "bypass = Arc",
    "pass: Go takes HTTPS_PROXY",
    "pass: 38, fail: 2",
    "the order's digest 431fa603e30a3799, and Digest 4fa1b2c3",
    "Host key verification failed.",
    'Load key "/root/.ssh/id_ed25519": invalid format',
    "no host key for web01 is known by name",
    "the account key file: /etc/ssl/key.pem",
    "systemctl -user status: failed",
    "exit code=1, status code: 200, code=0x80070005",
    "key=value pairs; the key is missing",
    "docker run -p 8080:80 nginx:1.25",
    "mkdir -p /opt/azcmagent",
    'Bearer authorization_uri="https://login.windows.net/", error="invalid_token"',
    'Basic realm="proxy", Digest realm="proxy", Negotiate, NTLM',
    "Basic authentication is required",
    "CN=Microsoft Azure RSA TLS Issuing CA 03,O=Microsoft Corporation,C=US",
    "X509v3 Basic Constraints: critical",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "12:30:45.123 root@web01 said so",
    "2026-11-25T12:00:00+00:00",
    "/etc/systemd/system.conf.d/10-proxy.conf:3",
    "mailto:admin@corp.com",
    "C:\\ProgramData\\AzureConnectedMachineAgent\\Log",
    "https://web01.corp/%7Euser/a%20b?x=%40",
    "curl -u root -p",
    "'ftp://p' is not a proxy; write http://[user:pw@]host[:port]",
    "der Schlüssel ist nicht da - Größe 5 µs",
)
"""Texts of evidence and of our own that hold no secret and stay as they are."""
