#pragma once

#include <mote/process/sandbox.hpp>

#include <tests/process/loop.hpp>
#include <tests/process/processes.hpp>
#include <tests/support/program.hpp>
#include <tests/support/temp_dir.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace mote::process::test {

namespace fs = std::filesystem;

inline void write_file(const fs::path& path, const std::string& content, fs::perms mode = fs::perms{0644}) {
    std::ofstream(path) << content;
    fs::permissions(path, mode);
}

/// Programs in a sandbox, with a bundle that is empty.
class sandboxed : public loop {
public:
    void SetUp() override {
        if (!sandbox_available().works) mote::test::skip_or_fail("no sandbox here: " + sandbox_available().text);
        fs::create_directory(bundle());
        fs::permissions(bundle(), fs::perms{0755});
    }

    /// In a directory that only its owner may enter.
    fs::path bundle() const { return folder.path() / "bundle"; }

    child start(const command& what, const sandbox& how) {
        return child::start(io.get_executor(), in_sandbox(what, how));
    }
    ran run_in(const sandbox& how, std::string script) { return run(finish(start(shell(std::move(script)), how))); }

    mote::test::temp_dir folder;
    sandbox box{.bundle = bundle().string()};
};

}  // namespace mote::process::test
