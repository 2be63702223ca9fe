// What a node leaves on its machine that is killed, and who clears it away.

#include <tests/node/python_function.hpp>
#include <tests/support/program.hpp>

#include <mote/process/control_group.hpp>
#include <mote/process/detail/group_tree.hpp>

#include <csignal>
#include <set>

namespace mote::test {
namespace {

class live_leftovers : public live_test {};

/// Names of the control groups that are there of a node.
std::set<std::string> groups_of(const std::string& node) {
    std::set<std::string> found;
    const auto& tree = mote::process::detail::group_tree::of_this_machine();
    for (const auto& directory : {tree.memory(), tree.cpu()}) {
        if (directory.empty()) continue;
        for (const auto& one : std::filesystem::directory_iterator(directory))
            if (const auto name = one.path().filename().string(); name.starts_with("mote-" + node + "."))
                found.insert(name);
    }
    return found;
}

TEST_F(live_leftovers, leaves_no_control_group_behind_that_the_next_node_does_not_remove) {
    if (mote::process::control_group_kind() == "rlimits")
        mote::test::skip_or_fail("no control groups for this process here");
    with_jetstream([](nats_server& server, jetstream::context js) -> asio::awaitable<void> {
        const auto marker = new_marker();
        temp_dir directory;
        const auto next = co_await machine::make(js);
        mote::test::process killed({MOTE_TEST_NODE_PROGRAM, "node", server.url(), directory.path().string()});
        const bool serves = killed.wait_for_output("serving as", 20s);
        EXPECT_TRUE(serves) << killed.output();
        const auto what = co_await python_function(next, "survives", functions::text_map(), marker);
        co_await next->deploy(what);
        const auto output = killed.output();
        const auto begin = output.find("serving as ") + 11;
        const auto id = output.substr(begin, output.find('\n', begin) - begin);
        EXPECT_FALSE(groups_of(id).empty()) << id;
        killed.kill(SIGKILL);
        killed.wait(10s);
        const bool gone = co_await are_gone(marker);
        EXPECT_TRUE(gone);
        // The kernel does not remove its groups; a node of another test that starts right now may.
        std::filesystem::create_directories(next->directory.path() / "node");
        std::filesystem::copy_file(directory.path() / "sealing.key", next->directory.path() / "node" / "sealing.key");
        co_await next->node.start();
        EXPECT_NE(next->node.id(), id);
        EXPECT_TRUE(groups_of(id).empty());
        co_await call_until(js.connection(), subject_of("survives"), is_good);
        EXPECT_FALSE(groups_of(next->node.id()).empty()) << "of one that lives";
        co_await next->node.stop(5s);
    });
}

}  // namespace
}  // namespace mote::test
