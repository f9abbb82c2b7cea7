"""One instance: the folder that stands for its file system, and the process that its unit describes."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from scripts.local import environment as aws_environment
from scripts.local.runtime.addresses import Addresses
from scripts.local.runtime.fleets import systemd
from scripts.local.runtime.fleets.user_data import Description
from scripts.local.runtime.interpreter import base_interpreter
from scripts.local.runtime.ports import HOST
from scripts.local.runtime.supervisor import ProcessSpec

HOME = "/opt/blueprint"
CONFIGURATION = "/etc/blueprint"
# Where the boot script writes the parameters and what the instance knows of itself.
ENVIRONMENT = f"{CONFIGURATION}/environment"
# The instance's paths that stand for folders of its own, wherever they occur in a setting.
OWN_PATHS = re.compile(rf"(?<![\w./-])(?:{HOME}(?:/current)?|{CONFIGURATION})(?![\w.-])")
PYTHON = re.compile(r"python3?(\.\d+)?")


class Instance:
    """An instance in service, at its own local `port`; what it has below /opt and /etc lies in `folder`."""

    def __init__(self, identifier: str, description: Description, port: int, folder: Path) -> None:
        self.identifier = identifier
        self.description = description
        self.port = port
        self.name = f"{description.service}-{identifier}"
        self.folder = folder
        self._parameters: Mapping[str, str] = {}

    @property
    def deployed_address(self) -> str:
        """What a target group knows the service by: the instance's id and the port."""
        return f"{self.identifier}:{self.description.port}"

    @property
    def local_address(self) -> str:
        """Where the service is on this machine."""
        return f"{HOST}:{self.port}"

    def boot(self, release: Path, parameters: Mapping[str, str]) -> None:
        """Do what the boot script does: link the unpacked artifact as current, write down the parameters."""
        self._parameters = parameters
        file = self._own(ENVIRONMENT)
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(dict(parameters)), encoding="utf-8")
        partial.replace(file)
        home = self._own(HOME)
        home.mkdir(parents=True, exist_ok=True)
        link = home / "current.new"
        link.unlink(missing_ok=True)
        link.symlink_to(release)
        link.replace(home / "current")

    def recall(self) -> Mapping[str, str] | None:
        """Return the parameters of its boot, None before: an instance reads them once."""
        file = self._own(ENVIRONMENT)
        parameters: Mapping[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return parameters or None

    def spec(self, endpoint: str, addresses: Addresses, bytecode: Path) -> ProcessSpec:
        """Return the process that the unit describes, told the local addresses.

        `endpoint` is the local AWS; compiled modules go to the folder `bytecode`, as the release is shared.
        """
        unit = self.description.unit
        variables = {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",  # what it prints is in its log at once
            "PYTHONPYCACHEPREFIX": str(bytecode),
        }
        variables |= {name: self._localise(value) for name, value in unit.environment.items()}
        if ENVIRONMENT in unit.environment_files:
            variables |= {name: addresses.translate(value) for name, value in self._parameters.items()}
            variables |= {"HOST": HOST, "PORT": str(self.port), "INSTANCE_ID": self.identifier}
        variables |= aws_environment(endpoint, self.description.service)
        return ProcessSpec(
            name=self.name,
            role="app",
            command=self._command(unit.command, variables),
            directory=Path(self._localise(unit.working_directory)),
            environment=variables,
            port=self.port,
            prepare=tuple(self._command(words, variables) for words in unit.prepare),
            restart_delay=unit.restart_seconds,
            stop_grace=unit.stop_seconds,
        )

    def _command(self, words: tuple[str, ...], variables: Mapping[str, str]) -> tuple[str, ...]:
        program, *arguments = systemd.substitute(words, variables)
        # Whatever version the instance has: bundles are built for this machine's.
        start = base_interpreter() if PYTHON.fullmatch(Path(program).name) else (self._localise(program),)
        return (*start, *map(self._localise, arguments))

    def _localise(self, text: str) -> str:
        """Return `text` with the instance's own paths replaced by those below its folder.

        Links are followed: all instances name a release's modules alike, and so share what Python compiled.
        """
        return OWN_PATHS.sub(lambda path: str(self._own(path.group()).resolve()), text)

    def _own(self, path: str) -> Path:
        return self.folder / path.lstrip("/")
