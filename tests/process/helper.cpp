// What the tests of mote/process start besides the programs of the machine.

#include <mote/process/child.hpp>
#include <mote/process/control_group.hpp>
#include <mote/process/spawner.hpp>

#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <linux/keyctl.h>
#include <string>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

/// Starts a child, says its pid, and waits to be killed.
int be_parent() {
    boost::asio::io_context io;
    const mote::process::command sleeper{.program = "sleep", .arguments = {"1000"}};
    const auto child = mote::process::child::start(io.get_executor(), sleeper);
    std::printf("%d\n", static_cast<int>(child.pid()));
    std::fflush(stdout);
    ::pause();
    return 0;
}

/// Where no control group can be made: says what limits a child of a group has.
int show_limits() {
    boost::asio::io_context io;
    auto group = mote::process::control_group::create("mote-test-helper", {.memory = 1U << 30});
    mote::process::command shell{.program = "/bin/sh", .arguments = {"-c", "ulimit -d"}};
    shell.output = mote::process::stream::inherit;
    shell.group = &group;
    const auto child = mote::process::child::start(io.get_executor(), shell);
    io.run();  // until it has ended
    std::printf("%s\n", std::string(group.kind()).c_str());
    return child.status()->code;
}

/// Tries to put this key where the rest of its session finds it, and waits to be killed.
int leave_key(const char* name) {
    const long added = ::syscall(SYS_add_key, "user", name, "left", 4, KEY_SPEC_SESSION_KEYRING);
    std::printf("%s\n", added < 0 ? "refused" : "added");
    std::fflush(stdout);
    ::pause();
    return 0;
}

/// What its session has under this name.
int find_key(const char* name) {
    const long found = ::syscall(SYS_request_key, "user", name, nullptr, 0);
    char content[64];
    const long count = found < 0 ? 0 : ::syscall(SYS_keyctl, KEYCTL_READ, found, content, sizeof content);
    std::printf("%.*s\n", count > 0 ? static_cast<int>(count) : 4, count > 0 ? content : "none");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    if (what == "parent") return be_parent();
    if (what == "spawn-server") return mote::process::run_spawn_server(0);
    if (what == "limits") return show_limits();
    if (what == "leave-key" && argc > 2) return leave_key(argv[2]);
    if (what == "find-key" && argc > 2) return find_key(argv[2]);
    return 64;
}
