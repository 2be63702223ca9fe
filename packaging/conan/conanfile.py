"""Conan 2 recipe of the tree that it lies in: conan create packaging/conan --build=missing"""

import os

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, rmdir

required_conan_version = ">=2.0"


class MoteConan(ConanFile):
    name = "mote"
    version = "0.1.0"
    description = "NATS microservices and functions for C++20"
    license = "Apache-2.0"
    topics = ("nats", "microservices", "jetstream", "functions", "coroutines")
    package_type = "static-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"command": [True, False], "fPIC": [True, False]}
    default_options = {"command": False, "fPIC": True}

    @property
    def _tree(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "README.md", "CHANGELOG.md", "apps/*", "cmake/*", "docs/guide/*", "mote/*", "packaging/*"):
            copy(self, pattern, self._tree, self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        # Public headers include Boost's; the others are only linked.
        self.requires("boost/1.81.0", transitive_headers=True)
        self.requires("openssl/[>=3 <4]")
        self.requires("libcurl/[>=7.88 <9]")
        self.requires("libarchive/[>=3.6 <4]")
        self.requires("zlib/[>=1.2.11 <2]")
        if self.options.command:
            self.requires("cli11/[>=2.3 <3]")
            self.requires("yaml-cpp/[>=0.7 <1]")

    def validate(self):
        if self.settings.os != "Linux":
            raise ConanInvalidConfiguration("mote is for Linux")
        check_min_cppstd(self, 20)

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["MOTE_TESTS"] = False
        toolchain.cache_variables["MOTE_BENCH"] = False
        toolchain.cache_variables["MOTE_APPS"] = bool(self.options.command)
        toolchain.cache_variables["MOTE_UNITY"] = True
        toolchain.cache_variables["MOTE_LOAD_CURL"] = False  # its libcurl is linked, most often statically
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        rmdir(self, os.path.join(self.package_folder, "share"))

    def package_info(self):
        # The project's own mote-config.cmake has a target for each library.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "mote")]
