#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Fetch the kernel sources that Debian packages into kernels/ (ignored by git),
# and unpack the parts that KVM's shadow MMU needs.  Does not need root.
set -eu
cd "$(dirname "$0")/.."
mkdir -p kernels
cd kernels
lists=

fail() {
	echo "pyfuzz: $*" >&2
	exit 2
}

command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
	fail "make kernels needs apt-get and dpkg (Debian and its like);" \
		"elsewhere unpack linux-source-6.1 and linux-source-6.12 into kernels/ by hand"

# apt-get with our own package lists, if the machine's are missing or old.
own_lists() {
	[ -z "$lists" ] || return 0
	echo "pyfuzz: fetching package lists into kernels/.apt ..."
	mkdir -p .apt/lists/partial .apt/cache/archives/partial
	lists="-o Dir::State::Lists=$PWD/.apt/lists -o Dir::Cache=$PWD/.apt/cache"
	apt-get $lists -o APT::Sandbox::User="$(id -un)" -qq update
}

download() {
	apt-get $lists -o APT::Sandbox::User="$(id -un)" -qq download "$1" 2>/dev/null
}

for version in 6.1 6.12; do
	name=linux-source-$version
	[ ! -e "$name/arch/x86/kvm/mmu/mmu.c" ] || continue
	if [ ! -e "$name.tar.xz" ]; then
		echo "pyfuzz: fetching $name (about 140 MB) ..."
		rm -f "${name}"_*.deb
		download "$name" || { own_lists && download "$name"; } ||
			fail "the package $name cannot be fetched: see apt-cache policy $name"
		rm -rf .unpack
		dpkg -x "${name}"_*.deb .unpack
		mv ".unpack/usr/src/$name.tar.xz" .
		rm -rf .unpack "${name}"_*.deb
	fi
	echo "pyfuzz: unpacking the parts of $name ..."
	rm -rf .tree && mkdir .tree
	tar -xJf "$name.tar.xz" -C .tree "$name/Makefile" "$name/arch/x86/kvm" \
		"$name/arch/x86/include/asm/kvm_host.h" "$name/include/linux/kvm_host.h" \
		"$name/include/linux/kvm_types.h" "$name/virt/kvm"
	rm -rf "$name"
	mv ".tree/$name" "$name"
	rmdir .tree
done
echo "pyfuzz: kernels/linux-source-6.1 and kernels/linux-source-6.12 are there"
