#pragma once

#include <mote/functions/bundle_store.hpp>
#include <mote/functions/function_store.hpp>
#include <mote/functions/next_version.hpp>
#include <mote/functions/node_state.hpp>
#include <mote/functions/node_table.hpp>
#include <mote/micro/stream_reader.hpp>
#include <mote/nats/nuid.hpp>
#include <mote/node/node.hpp>
#include <tests/jetstream/live_test.hpp>
#include <tests/support/processes.hpp>
#include <tests/support/temp_dir.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace mote::test {

using namespace std::chrono_literals;

/// What a caller got of a function.
struct called {
    int status = 0;
    std::string body{};
    std::string type{};
    std::map<std::string, std::string> headers{};
    bool was_service_error = false;

    std::string header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string() : found->second;
    }
};

inline std::string subject_of(const std::string& name) { return functions::function_name::parse(name).subject(); }

/// Calls a function as the gateway does. Throws `nats::errc::no_responders` while nobody serves it.
inline asio::awaitable<called> call(nats::connection connection, std::string subject, std::string body = {},
                                    nats::headers headers = nats::headers(), std::chrono::seconds patience = 20s) {
    micro::stream_options opts;
    opts.headers = std::move(headers);
    opts.timeout = patience;
    opts.deadline = std::chrono::steady_clock::now() + patience;
    auto items = micro::read_stream(connection, std::move(subject), std::move(body), opts);
    called result;
    try {
        while (const auto item = co_await items.next()) {
            for (const auto& [name, value] : item->headers())
                result.headers.emplace(std::string(name), std::string(value));
            result.body += item->payload();
        }
        result.status = std::atoi(result.header("Http-Status").c_str());
        result.type = result.header("Content-Type");
    } catch (const micro::service_error& error) {
        result.status = error.status();
        result.body = error.description();
        result.was_service_error = true;
    }
    co_return result;
}

/// The same, where it may be that nobody serves the function for a moment, or somebody who has just been killed: then 0.
inline asio::awaitable<called> try_call(nats::connection connection, std::string subject, std::string body = {},
                                        nats::headers headers = nats::headers(), std::chrono::seconds patience = 5s) {
    called result;
    try {
        result = co_await call(connection, std::move(subject), std::move(body), std::move(headers), patience);
    } catch (const boost::system::system_error& error) {
        if (error.code() != nats::errc::no_responders && error.code() != nats::errc::timeout) throw;
    }
    co_return result;
}

/// Calls until the answer is good, for at most a minute; the last answer.
inline asio::awaitable<called> call_until(nats::connection connection, std::string subject,
                                          std::function<bool(const called&)> good, std::string body = {}) {
    const auto until = std::chrono::steady_clock::now() + 1min;
    asio::steady_timer pause(connection.executor());
    for (;;) {
        auto got = co_await try_call(connection, subject, body);
        if (good(got) || std::chrono::steady_clock::now() > until) {
            EXPECT_TRUE(good(got)) << subject << ": " << got.status << ' ' << got.body;
            co_return got;
        }
        pause.expires_after(20ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

inline functions::description function(std::string name, std::string image, std::string process,
                                       functions::text_map variables = {}) {
    functions::description what;
    what.wanted.service = std::move(name);
    what.wanted.image = std::move(image);
    if (!process.empty()) what.wanted.process = std::move(process);
    what.wanted.variables = std::move(variables);
    what.created = std::chrono::system_clock::now();
    return what;
}

using node_edit = std::function<void(node::node_options&)>;

/// One node and the store that says what it runs.
struct machine {
    static asio::awaitable<std::shared_ptr<machine>> start(jetstream::context js, node_edit edit = node_edit()) {
        auto made = co_await make(js, edit);
        co_await made->node.start();
        co_return made;
    }
    /// One that is not started.
    static asio::awaitable<std::shared_ptr<machine>> make(jetstream::context js, node_edit edit = node_edit()) {
        auto store = co_await functions::function_store::open(js);
        auto bundles = co_await functions::bundle_store::open(js);
        auto made = std::make_shared<machine>(js, std::move(store), std::move(bundles), edit);
        co_return made;
    }
    machine(jetstream::context context, functions::function_store opened, functions::bundle_store pushed,
            const node_edit& edit)
        : js(std::move(context)),
          nc(js.connection()),
          store(std::move(opened)),
          bundles(std::move(pushed)),
          node(nc, options(directory.path(), notes, edit)) {}

    static node::node_options options(const std::filesystem::path& at, std::shared_ptr<std::string> notes,
                                      const node_edit& edit) {
        node::node_options opts;
        opts.directory = at / "node";
        opts.spawn_server = {MOTE_TEST_PROCESS_HELPER, "spawn-server"};
        opts.start_timeout = 30s;
        opts.stop_grace = 2s;
        opts.ack_wait = 2s;
        opts.on_note = [notes](std::string_view text) {
            notes->append(text).append("\n");
            std::fprintf(stderr, "node: %.*s\n", int(text.size()), text.data());
        };
        if (edit) edit(opts);
        return opts;
    }

    /// For a second node: the key that its secrets are sealed for.
    void copy_key_to(const machine& other) const {
        std::filesystem::create_directories(other.directory.path() / "node");
        std::filesystem::copy_file(directory.path() / "node" / "sealing.key",
                                   other.directory.path() / "node" / "sealing.key");
    }
    /// Until the node answers calls of it in any way.
    asio::awaitable<called> until_served(std::string subject) {
        return call_until(nc, std::move(subject), [](const called& got) { return got.status != 0; });
    }
    asio::awaitable<void> deploy(functions::description what) {
        const auto subject = what.name().subject();
        co_await store.create(std::move(what));
        co_await until_served(subject);
    }
    /// Deploys it again with the next generation.
    asio::awaitable<void> update(functions::description what) {
        const auto name = what.name();
        const std::function<void(functions::description&)> edit = [what](functions::description& kept) {
            functions::make_next_version(kept, what.wanted, what.digest, 1024 * 1024);
        };
        co_await store.change(name, edit);
    }
    asio::awaitable<void> edit(std::string name, std::function<void(functions::description&)> change) {
        const auto parsed = functions::function_name::parse(name);
        co_await store.change(parsed, change);
    }
    /// Pushes a bundle of text files; what it is in a description.
    asio::awaitable<functions::stored_bundle> push(std::string image, std::map<std::string, std::string> files) {
        const auto root = directory.path() / "pushed";
        std::filesystem::remove_all(root);
        std::filesystem::create_directories(root);
        for (const auto& [name, text] : files) std::ofstream(root / name, std::ios::binary) << text;
        const auto parsed = functions::image_name::parse(image);
        auto pushed = co_await bundles.push(parsed, root);
        co_return pushed;
    }
    /// What this node says of a function, as soon as that is good; after a minute the last that it said.
    asio::awaitable<functions::function_state> state_until(std::string name,
                                                           std::function<bool(const functions::function_state&)> good) {
        const auto bucket = co_await functions::open_node_bucket(js);
        functions::node_table nodes(js, bucket);
        co_await nodes.ready(10s);
        const auto parsed = functions::function_name::parse(name);
        const std::function<bool()> condition = [&nodes, &parsed, &good] { return good(nodes.of(parsed)); };
        const bool came = co_await eventually(condition);
        auto last = nodes.of(parsed);
        EXPECT_TRUE(came) << name << ": ready " << last.ready << ", generation " << last.generation << ", trouble "
                          << last.trouble;
        co_await nodes.stop();
        co_return last;
    }

    temp_dir directory;
    std::shared_ptr<std::string> notes = std::make_shared<std::string>();
    jetstream::context js;
    nats::connection nc;
    functions::function_store store;
    functions::bundle_store bundles;
    node::node node;
};

inline bool is_good(const called& got) { return got.status == 200; }

/// Whether all processes with this in their command line end soon.
inline asio::awaitable<bool> are_gone(std::string marker) {
    const std::function<bool()> condition = [marker] { return processes_with(marker) == 0U; };
    const bool gone = co_await eventually(condition);
    co_return gone;
}

}  // namespace mote::test
