// On which of several nodes a function runs, by what they are called.

#include <mote/functions/error.hpp>
#include <tests/node/machine.hpp>

#include <array>
#include <set>

namespace mote::test {
namespace {

class live_placement : public live_test {};

node_edit labelled(std::string id, std::string disk) {
    return [id, disk](node::node_options& opts) {
        opts.id = id;
        opts.labels.emplace("disk", disk);
    };
}

functions::description tell_node(std::string name, std::vector<std::string> constraints) {
    auto what = function(std::move(name), "functions/alpine", "echo here");
    what.wanted.constraints = std::move(constraints);
    return what;
}

/// Who serves a function: ids of nodes, as soon as they are these; after 20 s those that it was last.
asio::awaitable<std::set<std::string>> served_by(jetstream::context js, std::string name,
                                                 std::set<std::string> wanted) {
    const auto bucket = co_await functions::open_node_bucket(js);
    functions::node_table nodes(js, bucket);
    co_await nodes.ready(10s);
    const auto key = functions::function_name::parse(name).key();
    std::set<std::string> found;
    const std::function<bool()> condition = [&] {
        found.clear();
        for (const auto* const node : nodes.alive())
            for (const auto& one : node->functions)
                if (one.key == key && one.ready != 0) found.insert(node->id);
        return found == wanted;
    };
    co_await eventually(condition);
    co_await nodes.stop();
    co_return found;
}

struct two_machines {
    std::shared_ptr<machine> fast, slow;

    static asio::awaitable<two_machines> start(jetstream::context js) {
        two_machines both;
        const auto first = labelled("fast", "ssd");
        const auto second = labelled("slow", "tape");
        both.fast = co_await machine::start(js, first);
        both.slow = co_await machine::make(js, second);
        both.fast->copy_key_to(*both.slow);
        co_await both.slow->node.start();
        co_return both;
    }
    asio::awaitable<void> stop() const {
        co_await fast->node.stop(5s);
        co_await slow->node.stop(5s);
    }
};

using names = std::set<std::string>;

// Here, as g++ 12 wants no braced lists in coroutines (docs/traps.md).
constexpr std::array<const char*, 3> wrong_names{"node.id", "a b", ""};

TEST_F(live_placement, runs_a_function_where_its_constraints_are_met) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto both = co_await two_machines::start(js);
        std::vector<std::string> texts;
        const auto anywhere = tell_node("anywhere", texts);
        co_await both.fast->deploy(anywhere);
        texts.emplace_back("disk == ssd");
        texts.emplace_back("node.platform.os==linux");
        const auto picky = tell_node("picky", texts);
        co_await both.fast->deploy(picky);
        texts.clear();
        texts.emplace_back("node.id!=fast");
        const auto other = tell_node("other", texts);
        co_await both.fast->deploy(other);
        names all;
        all.insert("fast");
        const auto fast = co_await served_by(js, "picky", all);
        EXPECT_EQ(fast, all);
        all.insert("slow");
        const auto any = co_await served_by(js, "anywhere", all);
        EXPECT_EQ(any, all);
        all.erase("fast");
        const auto slow = co_await served_by(js, "other", all);
        EXPECT_EQ(slow, all);
        for (int i = 0; i < 10; ++i) {
            const auto got = co_await call(js.connection(), subject_of("picky"));
            EXPECT_EQ(got.body, "here\n") << "nobody else takes its calls";
        }
        co_await both.stop();
    });
}

TEST_F(live_placement, moves_a_function_whose_constraints_change) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto both = co_await two_machines::start(js);
        std::vector<std::string> texts;
        texts.emplace_back("disk==ssd");
        const auto first = tell_node("moves", texts);
        co_await both.fast->deploy(first);
        names all;
        all.insert("fast");
        const auto before = co_await served_by(js, "moves", all);
        EXPECT_EQ(before, all);
        texts.front() = "disk!=ssd";
        const auto second = tell_node("moves", texts);
        co_await both.fast->update(second);
        all.clear();
        all.insert("slow");
        const auto after = co_await served_by(js, "moves", all);
        EXPECT_EQ(after, all);
        texts.clear();
        const auto third = tell_node("moves", texts);
        co_await both.fast->update(third);
        all.insert("fast");
        const auto at_last = co_await served_by(js, "moves", all);
        EXPECT_EQ(at_last, all);
        co_await both.stop();
    });
}

TEST_F(live_placement, waits_for_a_node_that_meets_them) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto old_disk = labelled("slow", "tape");
        const auto slow = co_await machine::start(js, old_disk);
        std::vector<std::string> texts;
        texts.emplace_back("disk==ssd");
        const auto picky = tell_node("picky", texts);
        co_await slow->store.create(picky);
        const auto plain = function("plain", "functions/alpine", "echo plain");
        co_await slow->deploy(plain);  // so it has seen the other one, too
        const auto nobody = co_await try_call(js.connection(), subject_of("picky"));
        EXPECT_EQ(nobody.status, 0) << nobody.body;
        const auto new_disk = labelled("fast", "ssd");
        const auto fast = co_await machine::make(js, new_disk);
        slow->copy_key_to(*fast);
        co_await fast->node.start();
        const auto got = co_await call(js.connection(), subject_of("picky"));
        EXPECT_EQ(got.body, "here\n");
        co_await fast->node.stop(5s);
        co_await slow->node.stop(5s);
    });
}

TEST_F(live_placement, takes_no_label_that_is_none) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        for (const auto* const name : wrong_names) {
            const node_edit label = [name](node::node_options& opts) { opts.labels.emplace(name, "x"); };
            const auto wrong = co_await machine::make(js, label);
            std::string refusal;
            try {
                co_await wrong->node.start();
            } catch (const boost::system::system_error& error) {
                EXPECT_EQ(error.code(), functions::errc::bad_setting);
                refusal = error.what();
            }
            EXPECT_TRUE(contains(refusal, "label \"" + std::string(name) + "=x\"")) << refusal;
        }
    });
}

}  // namespace
}  // namespace mote::test
