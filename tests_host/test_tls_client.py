"""Section "Transport Layer Security 1.2 protocol": the host's own TLS stack."""

import pytest

from arc_compliance.judge.host.tls_client import (
    judge_client_enabled,
    judge_legacy,
    judge_linux_openssl,
)
from arc_compliance.judge.judgement import Judgement
from fixtures.cases import require


@pytest.mark.requirement("tls/client-enabled", judge=judge_client_enabled)
def test_tls12_is_enabled(judgement: Judgement) -> None:
    """The host's own TLS stack has TLS 1.2 enabled."""
    require(judgement)


@pytest.mark.requirement("tls/legacy", judge=judge_legacy)
def test_older_versions_are_not_settled_for(judgement: Judgement) -> None:
    """Nothing older than TLS 1.2 is what the host would settle for."""
    require(judgement)


@pytest.mark.requirement("tls/linux-openssl", judge=judge_linux_openssl)
def test_openssl_supports_tls12(judgement: Judgement) -> None:
    """The OpenSSL version supports TLS 1.2."""
    require(judgement)


@pytest.mark.requirement("tls/windows-default")
def test_windows_default_has_tls12(judgement: Judgement) -> None:
    """Windows Server 2012 R2 or newer with TLS 1.2 on."""
    require(judgement)
