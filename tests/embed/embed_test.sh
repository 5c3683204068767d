#!/usr/bin/env bash
# usage: embed_test.sh BUILD SOURCE WORK COMPILER
set -euo pipefail
build=$1 source=$2 work=$3 compiler=$4
rm -rf "$work/prefix" "$work/example"
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
cmake -S "$source/rules_examples/embedding" -B "$work/example" -DCMAKE_PREFIX_PATH="$work/prefix" \
      -DCMAKE_CXX_COMPILER="$compiler" >"$work/configure.log"
cmake --build "$work/example" >"$work/build.log" || { cat "$work/build.log"; exit 1; }
"$work/example/embedding" "$source/rules_examples/embedding/prices.krules" >"$work/out.txt" 2>"$work/err.txt"
cat "$work/out.txt" "$work/err.txt"
[ "$(wc -l <"$work/out.txt")" -eq 3 ]
grep -q '"type":"price.rose","subject":"apple".*"data":{"from":122.0,"to":183.0}' "$work/out.txt"
grep -q '"type":"shelf.labelled","subject":"apple".*"data":{"label":1}' "$work/out.txt"
grep -qx 'printing {"text":"apple: 183.0"}' "$work/err.txt"
grep -qx 'apple costs 183.0' "$work/out.txt"
grep -q 'price_set: .*with_tax' "$work/err.txt"
# pkg-config knows it too.
PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name krules.pc)") pkg-config --cflags --libs krules | grep -q krules_runtime
