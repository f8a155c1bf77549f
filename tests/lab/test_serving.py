"""Starting the lab from Python and from the command line."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request
from urllib.parse import parse_qs

import pytest

import amine as am
from amine.lab.serving import start


def test_a_network_of_your_own_is_in_the_gallery_by_a_name_that_an_address_can_hold():
    net = am.Network(seed=1, name="mine & <b>yours</b> #1")
    net.population("P", 3, "poisson", rate="10 Hz")
    server = start(net)
    try:
        assert server.rooms.gallery()["own"] == net.name and list(server.rooms.own) == [net.name]
        fragment = server.address(net.name).partition("#")[2]
        assert parse_qs(fragment)["open"] == [net.name]
        _, held = server.rooms.open({"name": net.name})
        assert held.opened.session.described == net
    finally:
        server.shutdown()
        server.server_close()


def test_a_network_with_the_name_of_an_experiment_does_not_hide_it():
    net = am.Network(seed=1, name="gamma")
    server = start(net)
    try:
        assert "gamma" not in server.rooms.own and server.rooms.gallery()["own"] == "gamma (yours)"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("port", [65536, 10**9, -1])
def test_a_number_that_no_port_has_is_refused(port):
    with pytest.raises(am.AmineError, match=f"lab: port {port} cannot be used"):
        start(port=port)


def test_a_port_that_is_taken_is_refused():
    server = start()
    try:
        with pytest.raises(am.AmineError, match="cannot be used"):
            start(port=server.server_port)
    finally:
        server.shutdown()
        server.server_close()


def test_the_command_prints_an_address_that_answers_and_ends_with_ctrl_c(tmp_path):
    net = am.Network(seed=1, name="mine")
    net.population("P", 3, "poisson", rate="10 Hz")
    net.save(tmp_path / "net.json")
    command = [sys.executable, "-m", "amine.cli", "lab", str(tmp_path / "net.json"), "--no-browser"]
    p = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert p.stdout is not None
        address = p.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/#token=[\w-]{32}&open=mine", address)
        with urllib.request.urlopen(address.partition("#")[0], timeout=30) as page:
            assert b"amine lab" in page.read()
        p.send_signal(signal.SIGINT)
        assert p.wait(30) == 0
    finally:
        p.kill()


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["nothing"], "circuit 'nothing' is not known"),
        (["gamma", "--dose", "nothing"], "nothing"),
        (["missing.json"], "it does not exist"),
        (["gamma", "--record", "a.html"], "an experiment, a control and its values are needed"),
    ],
)
def test_mistakes_are_one_sentence(arguments, words):
    done = subprocess.run(
        [sys.executable, "-m", "amine.cli", "lab", *arguments, "--no-browser"], capture_output=True, text=True
    )
    assert done.returncode == 2 and words in done.stderr and done.stderr.count("\n") == 1
