#!/usr/bin/env python3
"""Shows that the vcpkg port and the Conan recipe are of this version and ask for what the sources use. Neither tool is needed.
  usage: ports_test.py CMAKE VERSION"""

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

TREE = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
VERSION = sys.argv.pop()
CMAKE = sys.argv.pop()

# The functions that vcpkg gives to a portfile; here each says what it was asked.
STUBS = """
cmake_minimum_required(VERSION 3.25)
set(CURRENT_PACKAGES_DIR {packages})
set(PORT mote)
set(FEATURES core {features})
foreach(name vcpkg_check_linkage vcpkg_cmake_configure vcpkg_cmake_install vcpkg_cmake_config_fixup vcpkg_fixup_pkgconfig
        vcpkg_copy_tools vcpkg_install_copyright)
    cmake_language(EVAL CODE "function(${{name}})\\n message(STATUS \\"${{name}} \\${{ARGN}}\\")\\n endfunction()")
endforeach()
function(vcpkg_check_features)
    list(POP_FRONT ARGN unused result)
    set(${{result}} -DMOTE_APPS=asked PARENT_SCOPE)
endfunction()
"""


def read(*path):
    with open(os.path.join(TREE, *path), encoding="utf-8") as file:
        return file.read()


def boost_headers(*folders):
    """Names of the libraries of Boost that sources below the folders include."""
    found = set()
    for folder in folders:
        for place, _, names in os.walk(os.path.join(TREE, folder)):
            for name in names:
                if name.endswith((".hpp", ".cpp")):
                    found |= set(re.findall(r"^#include <boost/([a-z_0-9]+)", read(place, name), re.M))
    return found


class Ports(unittest.TestCase):
    def setUp(self):
        self.port = json.loads(read("packaging/vcpkg/ports/mote/vcpkg.json"))
        self.names = [each if isinstance(each, str) else each["name"] for each in self.port["dependencies"]]

    def test_the_port_is_of_this_version_and_licence(self):
        self.assertEqual((self.port["name"], self.port["version"], self.port["license"]), ("mote", VERSION, "Apache-2.0"))

    def test_the_port_asks_for_each_library_of_boost_that_is_included(self):
        wanted = {"boost-" + name for name in boost_headers("mote", "apps")}
        self.assertEqual({name for name in self.names if name.startswith("boost-")}, wanted)

    def test_the_port_is_in_the_order_that_vcpkg_writes(self):
        self.assertEqual(self.names, sorted(self.names))

    def test_the_portfile_builds_this_tree(self):
        with tempfile.TemporaryDirectory() as packages:
            for features in ("", "command"):
                start = os.path.join(packages, "start.cmake")
                with open(start, "w", encoding="utf-8") as file:
                    file.write(STUBS.format(packages=packages, features=features))
                    file.write(f"include({TREE}/packaging/vcpkg/ports/mote/portfile.cmake)\n")
                ended = subprocess.run([CMAKE, "-P", start], capture_output=True, text=True, check=False, timeout=60)
                said = ended.stdout + ended.stderr
                self.assertEqual(ended.returncode, 0, said)
                self.assertIn(f"vcpkg_cmake_configure SOURCE_PATH;{TREE};OPTIONS;-DMOTE_APPS=asked;-DMOTE_TESTS=OFF", said)
                self.assertIn(f"vcpkg_install_copyright FILE_LIST;{TREE}/LICENSE", said)
                self.assertEqual("vcpkg_copy_tools TOOL_NAMES;mote;hackernews" in said, features == "command")

    def test_options_of_the_port_and_the_recipe_exist(self):
        project = read("CMakeLists.txt") + read("cmake/mote_curl.cmake")
        for file in ("packaging/vcpkg/ports/mote/portfile.cmake", "packaging/conan/conanfile.py"):
            for option in set(re.findall(r"MOTE_[A-Z_]+", read(file))):
                self.assertRegex(project, rf"option\({option} ", f"{file} sets {option}")

    def test_the_recipe_is_of_this_version_and_asks_for_what_cmake_looks_for(self):
        recipe = read("packaging/conan/conanfile.py")
        values = {node.targets[0].id: node.value.value for node in ast.walk(ast.parse(recipe))
                  if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Constant)}
        self.assertEqual((values["version"], values["license"]), (VERSION, "Apache-2.0"))
        in_conan = {"Boost": "boost", "OpenSSL": "openssl", "CURL": "libcurl", "LibArchive": "libarchive", "ZLIB": "zlib"}
        for name, least in re.findall(r"^find_package\((\w+)(?: ([0-9.]+))?", read("CMakeLists.txt"), re.M):
            if name in in_conan:
                least = re.escape(least)
                self.assertRegex(recipe, rf'requires\("{in_conan[name]}/(\[>=)?{least}')

    def test_what_the_recipe_packs_is_there(self):
        patterns = re.search(r"for pattern in \(([^)]*)\)", read("packaging/conan/conanfile.py"))[1]
        for pattern in re.findall(r'"([^"]+)"', patterns):
            self.assertTrue(os.path.exists(os.path.join(TREE, pattern.rstrip("/*"))), pattern)


if __name__ == "__main__":
    unittest.main()
