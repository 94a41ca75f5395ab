"""Private names of aiortc and pylibsrtp that realtime/media/dtls.py stands on: a new version that lacks one fails here, and says which."""

from __future__ import annotations

import asyncio
import inspect
from importlib import metadata

import pylibsrtp
import pytest
from aiortc import rate, rtp
from aiortc.rtcdtlstransport import SRTP_PROFILES, RTCCertificate, RTCDtlsTransport, State
from pylibsrtp import Policy, Session, _binding

from realtime.media.dtls import SHORTER

from .running import running


@pytest.mark.parametrize(
    "name",
    ["srtp_protect", "srtp_protect_rtcp", "srtp_unprotect", "srtp_unprotect_rtcp", "srtp_err_status_ok"],
)
def test_the_library_s_own_functions_are_there(name: str) -> None:
    assert hasattr(_binding.lib, name)


def test_versions_are_those_that_were_read() -> None:
    assert (metadata.version("aiortc"), metadata.version("pylibsrtp")) == ("1.16.0", "1.0.0")


def test_a_session_is_a_pointer_to_the_library_s() -> None:
    policy = Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_OUTBOUND)
    session = Session(policy)
    assert "srtp_ctx_t" in str(_binding.ffi.typeof(session._srtp[0]))
    assert len(pylibsrtp.ERRORS) > 20


def test_the_handshake_has_what_we_call_and_replace() -> None:
    for name in ("_set_role", "_recv_next", "start", "stop"):
        assert callable(getattr(RTCDtlsTransport, name)), name
    made = inspect.getsource(RTCDtlsTransport.__init__)
    for name in ("_rx_srtp", "_tx_srtp", "_ssl", "_state", "_transport"):
        assert f"self.{name}" in made, name
    assert list(inspect.signature(RTCCertificate._create_ssl_context).parameters) == ["self", "srtp_profiles"]
    assert {"CONNECTED", "CLOSED", "FAILED"} <= set(State.__members__)
    whole = inspect.getsource(RTCDtlsTransport)
    assert "await self.transport._recv()" in whole and "await self.transport._send(" in whole


def test_the_shorter_key_is_among_the_profiles_and_is_agreed() -> None:
    assert SHORTER in [one.openssl_profile for one in SRTP_PROFILES]

    async def case() -> None:
        async with running() as house:
            ana, _ = await house.join("ana")
            assert ana.profile == SHORTER.decode()

    asyncio.run(case())


def test_feedback_is_written_and_read_by_what_we_use() -> None:
    assert rtp.unpack_remb_fci(rtp.pack_remb_fci(300_000, [1, 2])) == (300_000, [1, 2])
    parameters = set(inspect.signature(rate.RemoteBitrateEstimator.add).parameters)
    assert {"abs_send_time", "arrival_time_ms", "payload_size", "ssrc"} <= parameters
