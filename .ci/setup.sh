#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Set up .venv: a CPython that fits, the dependencies, a compiler, the first
# build.  With "test" also what the tests and lint need.  Says what it does; the
# second time there is nothing to do or to say.
set -eu
cd "$(dirname "$0")/.."
unset PYTHONHOME PYTHONPATH || :
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_USER=0

extra=${1:-}
stamp=.venv/pyfuzz-setup
stamp_test=.venv/pyfuzz-setup-test
python=.venv/bin/python
# Changes when there is something to install, or when the folder was moved.
wanted="$(cat pyproject.toml "$0" | cksum) $PWD"

fail() {
	echo "pyfuzz: $*" >&2
	exit 2
}

say() {
	echo "pyfuzz: $*"
}

compiler_works() {
	"$python" -m pyfuzz.module.compiler >/dev/null 2>&1
}

is_set_up() {
	[ -f "$1" ] && [ "$(cat "$1")" = "$wanted" ]
}

install_test() {
	[ "$extra" = test ] || return 0
	say "what the tests need (pytest, hypothesis, ruff, mypy and others) ..."
	"$python" -m pip install --quiet --editable '.[test]' ||
		fail "pip could not install them (see above): check the network and run it again"
	echo "$wanted" >"$stamp_test"
}

if is_set_up "$stamp" && compiler_works; then
	is_set_up "$stamp_test" || install_test
	exit 0
fi

fits() {
	"$1" -c 'import sys, sysconfig
sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, 13)
	and sys.implementation.name == "cpython"
	and not sysconfig.get_config_var("Py_GIL_DISABLED")))' 2>/dev/null
}

# Make an empty .venv with $1; each way is the fallback for the one before.
make_venv() {
	rm -rf .venv
	if "$1" -c 'import ensurepip, venv' 2>/dev/null; then
		"$1" -m venv .venv
	elif "$1" -c 'import virtualenv' 2>/dev/null; then
		"$1" -m virtualenv --quiet .venv
	elif "$1" -m pip --version >/dev/null 2>&1 &&
	     "$1" -m venv --without-pip .venv 2>/dev/null; then
		"$1" -m pip --python "$python" install --quiet pip
	elif command -v uv >/dev/null 2>&1; then
		uv venv --quiet --seed --python "$1" .venv
	else
		return 1
	fi
}

# The machine's own python3 first: it is the most likely to have venv.
chosen= others=
for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11; do
	path=$(command -v "$candidate" 2>/dev/null) || continue
	if fits "$path"; then
		chosen="$chosen $path"
	elif version=$("$path" --version 2>/dev/null); then
		others="$others $candidate is $version;"
	fi
done
[ -n "$chosen" ] || fail "CPython 3.11, 3.12 or 3.13 is needed (atheris has no other)" \
	"and not found:${others:- no python3 at all;} install one, for example" \
	"apt-get install python3.11-venv, or name it: make PYTHON=/path/to/python3.13"

made=
for path in $chosen; do
	version=$("$path" -c 'import platform; print(platform.python_version())')
	say "setting up in .venv, once: a virtual environment with Python $version ..."
	if make_venv "$path"; then
		made=$path
		break
	fi
done
[ -n "$made" ] || fail "Python $version ($path) has neither venv with ensurepip, virtualenv," \
	"pip nor uv: apt-get install python${version%.*}-venv"

say "dependencies (atheris, cffi, click, rich, tree-sitter and others) ..."
"$python" -m pip install --quiet --editable . ||
	fail "pip could not install the dependencies (see above): check the network and run it again"

if ! compiler_works; then
	say "no clang that works on this machine: the one in the ziglang package (about 400 MB) ..."
	"$python" -m pip install --quiet --editable '.[zig]' ||
		fail "pip could not install ziglang (see above): check the network, or install clang"
fi
say "compiler: $("$python" -m pyfuzz.module.compiler)"
say "building libFuzzer's shared object and the default target ..."
"$python" build.py rfc-v4 >/dev/null

echo "$wanted" >"$stamp"
install_test
say "set up; from now on .venv/bin/pyfuzz works from any folder"
