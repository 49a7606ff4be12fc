"""`make build`: the deployable bundle in `dist/`, from the sources and `requirements.lock`.

`dist/` mirrors the repository: `template.yaml` as it is, each function's folder, and the layer's
with its pinned dependencies, all with bytecode. `sam deploy --template-file dist/template.yaml`
takes it as it stands; the zips in `dist/zips/` hold the same files. With `--host` the same
procedure builds for this machine into `.build/host/`: what `make bench` measures. Neither Docker
nor an AWS account is needed, and nothing outside the output folder is written.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.archive import Size, write_zip
from tools.botocore_data import trim_botocore
from tools.bytecode import check_bytecode, compile_tree, lambda_python
from tools.errors import BuildError
from tools.proof import check_native_code, import_handlers, runs_here
from tools.runtime_packages import ARM64, Target, host_target, install, install_extra
from tools.template import Template, read_template

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
HOST = ROOT / ".build" / "host"
NOT_DEPLOYED = shutil.ignore_patterns("__pycache__", "*.pyc", "*.egg-info", "py.typed")


def build(output: Path, target: Target) -> list[str]:
    """Builds the whole bundle into `output`, which it empties first. Returns the report's lines."""
    python = lambda_python()
    template = read_template(ROOT / "template.yaml")
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    shutil.copy2(ROOT / "template.yaml", output / "template.yaml")

    packages = output / template.layer / "python"
    for function in template.functions:
        _copy(ROOT / function.folder, output / function.folder)
    _copy(ROOT / template.layer / "switchboard", packages / "switchboard")
    install(ROOT / "pyproject.toml", ROOT / "requirements.lock", packages, target)
    own = [packages / "switchboard", *(output / function.folder for function in template.functions)]
    kept = trim_botocore(packages / "botocore", own)

    for layer in template.others:
        folder = output / layer / "python"
        install_extra(ROOT / "pyproject.toml", ROOT / "requirements.lock", folder, target)
        compile_tree(python, output / layer, "/opt")
        check_native_code(folder, target)
    compile_tree(python, output / template.layer, "/opt")
    for function in template.functions:
        compile_tree(python, output / function.folder, "/var/task")
    check_bytecode(python, output)
    check_native_code(packages, target)
    report = [*_sizes(output, template), "", "botocore keeps " + "; ".join(kept)]
    report.append(_proof(python, output, template, target))
    return report


def _copy(source: Path, target: Path) -> None:
    if not any(source.rglob("*.py")):
        raise BuildError(f"template.yaml names {source.relative_to(ROOT)}, which holds no code")
    shutil.copytree(source, target, ignore=NOT_DEPLOYED)


def _sizes(output: Path, template: Template) -> list[str]:
    folders = {**{f.name: f.folder for f in template.functions}, "layer": template.layer}
    folders |= {f"layer {Path(other).name}": other for other in template.others}
    lines = ["| part | zipped kB | unzipped kB | files |", "|---|---:|---:|---:|"]
    for name, folder in folders.items():
        size: Size = write_zip(output / folder, output / "zips" / f"{name}.zip")
        lines.append(
            f"| {name} | {size.zipped / 1000:.0f} | {size.unzipped / 1000:.0f} | {size.files} |"
        )
    return lines


def _proof(python: Path, output: Path, template: Template, target: Target) -> str:
    if not runs_here(target):
        return f"Every file has its bytecode. Handlers not imported: this is no {target.machine}."
    import_handlers(python, output, template)
    count = len(template.functions)
    return f"Every file has its bytecode; {count} handlers imported without compiling one."


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="build", description="Builds the deployable bundle.")
    parser.add_argument("--host", action="store_true", help="for this machine, into .build/host")
    arguments = parser.parse_args(argv)
    output, target = (HOST, host_target()) if arguments.host else (DIST, ARM64)
    try:
        report = build(output, target)
    except BuildError as error:
        print(f"build: {error}", file=sys.stderr)
        return 1
    print(f"Bundle for {target.machine} in {output.relative_to(ROOT)}/\n")
    print("\n".join(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
