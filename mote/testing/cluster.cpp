#include <mote/testing/cluster.hpp>

#include <mote/testing/detail/deadline.hpp>
#include <mote/testing/detail/loopback.hpp>
#include <mote/testing/detail/questions.hpp>

#include <algorithm>
#include <future>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

namespace mote::testing {
namespace {

using detail::deadline;

constexpr auto ready_timeout = std::chrono::seconds(60);
constexpr auto answer_timeout = std::chrono::seconds(2);  // of one question; a busy server gets another one
constexpr auto pause = std::chrono::milliseconds(50);     // between questions
constexpr std::size_t most_replicas = 5;                  // of a stream: the server's bound
constexpr int start_tries = 3;                            // with other ports, when somebody else takes one

constexpr std::string_view probe = "mote_testing_probe";

struct member {
    std::uint16_t client_port = 0;
    std::uint16_t route_port = 0;
    std::uint16_t monitoring_port = 0;
    std::unique_ptr<server> running{};
};

std::uint16_t unused_port(std::set<std::uint16_t>& taken) {
    for (;;) {
        const auto port = detail::free_port();
        if (taken.insert(port).second) return port;
    }
}

std::string local_address(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

std::string name_of(const cluster_options& options, std::size_t index) {
    return options.name + "-" + std::to_string(index);
}

server_options options_of(const cluster_options& options, const std::vector<member>& members, std::size_t index) {
    const member& own = members[index];
    server_options result;
    result.jetstream = options.jetstream;
    result.port = own.client_port;
    result.name = name_of(options, index);
    result.binary = options.binary;
    result.config = "http: \"" + local_address(own.monitoring_port) + "\"\n";
    result.config += "cluster { name: \"" + options.name + "\", listen: \"" + local_address(own.route_port) + "\"";
    result.config += ", routes: [\n";
    for (const member& each : members) result.config += "\"nats://" + local_address(each.route_port) + "\"\n";
    result.config += "] }\n" + options.config;
    if (index < options.config_of_each.size()) result.config += "\n" + options.config_of_each[index];
    return result;
}

deadline soon(const deadline& limit) {
    return deadline(std::min<std::chrono::milliseconds>(limit.remaining(), answer_timeout));
}

}  // namespace

struct cluster::state {
    explicit state(cluster_options chosen) : options(std::move(chosen)) {
        if (options.size == 0) throw std::runtime_error("a cluster has at least one server");
        for (int tries = 1;; ++tries) {
            try {
                start();
                return;
            } catch (const std::runtime_error& failed) {
                const std::string_view text = failed.what();
                const bool taken = text.find("address already in use") != std::string_view::npos ||
                                   text.find("is taken") != std::string_view::npos;
                if (!taken || tries == start_tries) throw;
            }
        }
    }

    void start() {
        members.clear();
        members.resize(options.size);
        std::set<std::uint16_t> taken;
        for (member& each : members) {
            each.client_port = unused_port(taken);
            each.route_port = unused_port(taken);
            each.monitoring_port = unused_port(taken);
        }
        // All at once: each waits until it takes clients.
        std::vector<std::future<std::unique_ptr<server>>> starting;
        for (std::size_t i = 0; i < members.size(); ++i) {
            starting.push_back(std::async(
                std::launch::async, [own = options_of(options, members, i)] { return std::make_unique<server>(own); }));
        }
        for (std::size_t i = 0; i < members.size(); ++i) members[i].running = starting[i].get();
        if (!wait_until_ready(ready_timeout))
            throw std::runtime_error("the cluster is not ready in time: " + missing + "\n" + logs());
    }

    bool wait_until_ready(std::chrono::milliseconds timeout) const {
        const deadline limit{timeout};
        // Health comes last: nats-server 2.9, started again, may call itself behind the leader until that has something new.
        while (!all_meet(limit) || (options.jetstream && !takes_streams(limit)) || !all_well(limit)) {
            if (limit.passed()) return false;
            std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(pause, limit.remaining()));
        }
        return true;
    }

    std::vector<std::size_t> running() const {
        std::vector<std::size_t> found;
        for (std::size_t i = 0; i < members.size(); ++i)
            if (members[i].running->running()) found.push_back(i);
        return found;
    }

    /// That each one tells its clients of all others.
    bool all_meet(const deadline& limit) const {
        const auto all = running();
        for (const auto each : all) {
            missing = detail::greeting(members[each].client_port, soon(limit));
            for (const auto other : all) {
                const auto address = '"' + local_address(members[other].client_port) + '"';
                if (all.size() > 1 && missing.find(address) == std::string::npos) return false;
            }
        }
        if (all.empty()) missing = "none runs";
        return !all.empty();
    }

    /// Has JetStream's leader answer. When all run, has a stream made with a replica on each, too, and removed: while one is
    /// away it might be placed there, as servers take a killed one for alive for half a minute.
    bool takes_streams(const deadline& limit) const {
        const auto all = running();
        const auto port = members[all.front()].client_port;
        if (2 * all.size() <= members.size()) {  // its leader may go on answering for a moment
            missing = "half of its servers are away";
            return false;
        }
        missing = detail::ask(port, "$JS.API.STREAM.NAMES", "", "}\r\n", soon(limit));
        if (missing.find("\"total\"") == std::string::npos || missing.find("\"error\"") != std::string::npos)
            return false;
        if (all.size() < members.size()) return true;
        const std::string name(probe);
        const auto replicas = std::to_string(std::min(all.size(), most_replicas));
        missing =
            detail::ask(port, "$JS.API.STREAM.CREATE." + name,
                        "{\"name\":\"" + name + "\",\"subjects\":[\"" + name +
                            "\"],\"storage\":\"memory\",\"retention\":\"limits\",\"max_msgs\":-1,\"max_bytes\":-1,"
                            "\"max_consumers\":-1,\"discard\":\"old\",\"num_replicas\":" +
                            replicas + "}",
                        "}\r\n", soon(limit));
        const auto removed = detail::ask(port, "$JS.API.STREAM.DELETE." + name, "", "}\r\n", soon(limit));
        if (missing.find("\"error\"") != std::string::npos || missing.find("\"config\"") == std::string::npos)
            return false;
        missing = removed;
        return removed.find("\"success\":true") != std::string::npos;
    }

    bool all_well(const deadline& limit) const {
        for (const auto each : running()) {
            const auto port = members[each].monitoring_port;
            missing = detail::http_get(port, "/healthz?js-server-only=true", soon(limit));
            if (missing.find(" 200 ") == std::string::npos) return false;
        }
        return true;
    }

    std::string logs() const {
        std::string text;
        for (const member& each : members)
            if (each.running != nullptr) text += each.running->log() + "\n";
        return text;
    }

    cluster_options options;
    std::vector<member> members{};
    mutable std::string missing{};  // the last answer that was not what is waited for
};

cluster::cluster(cluster_options options) : state_(std::make_unique<state>(std::move(options))) {}

cluster::~cluster() = default;

std::size_t cluster::size() const noexcept { return state_->members.size(); }

server& cluster::at(std::size_t index) { return *state_->members.at(index).running; }

const server& cluster::at(std::size_t index) const { return *state_->members.at(index).running; }

std::vector<std::string> cluster::urls() const {
    std::vector<std::string> all;
    for (const member& each : state_->members) all.push_back(each.running->url());
    return all;
}

std::string cluster::server_name(std::size_t index) const {
    if (index >= size()) throw std::out_of_range("the cluster has no server " + std::to_string(index));
    return name_of(state_->options, index);
}

std::optional<std::size_t> cluster::find(std::string_view server_name) const {
    for (std::size_t i = 0; i < size(); ++i)
        if (name_of(state_->options, i) == server_name) return i;
    return std::nullopt;
}

void cluster::kill(std::size_t index) { at(index).kill(); }

void cluster::stop(std::size_t index) { at(index).stop(); }

void cluster::restart(std::size_t index) { at(index).restart(); }

bool cluster::wait_until_ready(std::chrono::milliseconds timeout) const { return state_->wait_until_ready(timeout); }

}  // namespace mote::testing
