#pragma once

#include <mote/micro/detail/wire.hpp>
#include <mote/micro/direct.hpp>
#include <mote/micro/info.hpp>
#include <tests/micro/world.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mote::test {

/// Plays one instance of a service that another framework made: says of itself what it is told to, and does nothing but
/// that. Unless told otherwise its endpoints answer with "<id>:<payload>".
class fake_instance {
public:
    using handler = std::function<void(const nats::connection&, const nats::message_view&)>;

    fake_instance(nats::connection connection, micro::service_info info, handler answer = {})
        : state_(std::make_shared<state>(state{std::move(connection), std::move(info), std::move(answer)})) {
        if (!state_->answer)
            state_->answer = [id = state_->info.id](const nats::connection& nc, const nats::message_view& asked) {
                nc.respond(asked, id + ":" + std::string(asked.payload));
            };
        for (const std::string verb : {"PING", "INFO"}) {
            const auto& named = "$SRV." + verb + "." + state_->info.name;
            for (const auto& subject : {"$SRV." + verb, named, named + "." + state_->info.id}) control(subject, verb);
        }
        for (const auto& endpoint : state_->info.endpoints) serve(endpoint);
    }

    const micro::service_info& info() const { return state_->info; }
    /// What it says of itself from now on; its subscriptions stay.
    void says(micro::service_info info) { state_->info = std::move(info); }
    /// Questions to its endpoints so far, and to INFO.
    int asked() const { return state_->asked; }
    int asked_for_info() const { return state_->asked_for_info; }
    /// The subjects on which its endpoints were asked.
    const std::vector<std::string>& subjects() const { return state_->subjects; }
    /// The value of a header of the last question.
    const std::string& last_headers() const { return state_->last_headers; }
    /// As a crash: nothing of it listens any more.
    void vanish() { subscriptions_.clear(); }

private:
    struct state {
        nats::connection connection;
        micro::service_info info;
        handler answer;
        int asked = 0;
        int asked_for_info = 0;
        std::vector<std::string> subjects{};
        std::string last_headers{};
    };

    void control(const std::string& subject, const std::string& verb) {
        const auto reply = [to = state_, verb](const nats::message_view& asked) {
            if (verb == "INFO") ++to->asked_for_info;
            to->connection.respond(
                asked, verb == "PING" ? micro::detail::ping_json(to->info) : micro::detail::info_json(to->info));
        };
        subscriptions_.push_back(state_->connection.subscribe(subject, reply));
    }

    void serve(const micro::endpoint_info& endpoint) {
        const auto take = [to = state_](const nats::message_view& asked) {
            ++to->asked;
            to->subjects.emplace_back(asked.subject);
            to->last_headers = std::string(asked.headers.raw());
            to->answer(to->connection, asked);
        };
        nats::subscribe_options opts;
        opts.queue_group = endpoint.queue_group;
        subscriptions_.push_back(state_->connection.subscribe(endpoint.subject, take, opts));
        if (const auto direct = micro::direct_subject(state_->info, endpoint.name))
            subscriptions_.push_back(state_->connection.subscribe(*direct, take));
    }

    std::shared_ptr<state> state_;
    std::vector<nats::subscription> subscriptions_;
};

/// An instance of the service S with the endpoint `echo` on `s.echo`.
inline micro::service_info instance_info(std::string id, std::string version = "1.0.0") {
    micro::service_info info;
    info.name = "S";
    info.id = std::move(id);
    info.version = std::move(version);
    info.endpoints.resize(1);
    info.endpoints[0] = {"echo", "s.echo", "q", {}};
    return info;
}

/// The same, that can be asked by itself.
inline micro::service_info direct_info(std::string id, std::string version = "1.0.0") {
    auto info = instance_info(std::move(id), std::move(version));
    info.metadata[std::string(micro::direct_key)] = "_MOTE." + info.id;
    return info;
}

/// Options with which a lookup does not wait long for further instances.
inline micro::client_options quick_lookup() {
    micro::client_options opts;
    opts.lookup_stall = std::chrono::milliseconds(50);
    return opts;
}

}  // namespace mote::test
