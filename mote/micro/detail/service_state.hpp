#pragma once

#include <mote/micro/detail/cancellable_calls.hpp>
#include <mote/micro/detail/endpoint_state.hpp>
#include <mote/micro/detail/failure_log.hpp>
#include <mote/micro/detail/page.hpp>
#include <mote/micro/detail/schema_store.hpp>
#include <mote/micro/direct.hpp>
#include <mote/micro/service.hpp>
#include <mote/nats/async_event.hpp>
#include <mote/nats/connection.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace mote::micro::detail {

/// What stands behind a service: its endpoints, and the subscriptions that make it discoverable.
class service_state : public std::enable_shared_from_this<service_state> {
public:
    explicit service_state(service_config config);

    /// What an endpoint inherits from the groups above it, or from the service.
    struct inherited {
        std::string prefix{};
        std::string queue_group{};
        std::vector<micro::middleware> middleware{};  // of the groups only
    };
    void add(std::string name, detail::described_handler handler, endpoint_options opts, inherited above);
    void add_work(std::string name, detail::described_handler handler, work_options opts, inherited above);
    static boost::asio::awaitable<void> remove(std::shared_ptr<service_state> self, std::string endpoint,
                                               std::chrono::nanoseconds timeout);
    /// Middleware around that of the service, in place of the one that was put there before. Before the start.
    void put_outermost(const middleware& outermost);
    // These two may go on after the service is destroyed: their state is a parameter.
    static boost::asio::awaitable<void> start(std::shared_ptr<service_state> self, nats::connection connection);
    static boost::asio::awaitable<void> stop(std::shared_ptr<service_state> self, std::chrono::nanoseconds timeout);
    /// What was started ends without waiting and forgets its connection; `on_done` is not called any more.
    void abandon() noexcept;

    const std::string& id() const noexcept { return id_; }
    const std::string& queue_group() const noexcept { return queue_group_; }
    service_info info(const page& part = {}) const;
    service_stats stats(const page& part = {}) const;
    void reset();
    service_health health() const;
    /// Whether the service tells of this event itself, or has a reason not to.
    bool tells_of(const nats::connection_event& event) const;
    bool stopped() const noexcept { return phase_ == phase::stopped; }
    /// No call is going on.
    bool idle() const noexcept;

private:
    enum class phase { described, running, stopping, stopped };
    using time_point = std::chrono::steady_clock::time_point;
    using reply_text = std::string (service_state::*)(const page&) const;

    void subscribe_endpoints();
    void subscribe_discovery();
    static boost::asio::awaitable<void> open_endpoints(std::shared_ptr<service_state> self);
    void leave() noexcept;
    boost::asio::awaitable<void> drain(time_point deadline);
    static boost::asio::awaitable<bool> all_idle(std::vector<std::shared_ptr<served>> endpoints, time_point deadline);
    void call_on_done() noexcept;

    void subscribe_verb(const std::string& verb, reply_text reply);
    nats::subscribe_options verb_options(const std::string& subject) const;
    static boost::asio::awaitable<void> answer_own_pings(std::weak_ptr<service_state> weak,
                                                         std::shared_ptr<nats::subscription> pings);
    void answer(const nats::message_view& asked, reply_text reply) const noexcept;
    void answer_too_large(const nats::message_view& asked, std::size_t size) const;
    std::string ping_reply(const page&) const;
    std::string info_reply(const page& part) const;
    std::string stats_reply(const page& part) const;
    std::span<const std::shared_ptr<served>> part_of(const page& part) const;
    std::string direct_prefix() const;
    void subscribe_direct();
    void serve_schemas();
    void on_direct_message(const nats::message_view& message);
    endpoint_info describe(std::string name, const std::string& subject, micro::metadata metadata,
                           const inherited& above) const;
    chain way_of(const std::string& whose, described_handler& handler, const inherited& above,
                 const std::vector<micro::middleware>& own) const;
    void add(std::shared_ptr<served> endpoint);
    void require_free(const std::string& whose, const std::string& queue, const std::string& what) const;
    void on_event(const nats::connection_event& event);
    std::optional<const served*> publisher_of(std::string_view subject) const;
    bool subscribes_to(std::string_view subject) const;
    std::vector<std::shared_ptr<served>> with_removed() const;
    std::shared_ptr<served> find(std::string_view endpoint) const;
    std::string still_in_flight() const;
    std::optional<std::string> data_of(const endpoint_info& endpoint) const;

    service_config config_;
    std::optional<middleware> outermost_;
    std::string id_;
    std::string queue_group_;  // resolved
    std::string started_;
    phase phase_ = phase::described;
    nats::connection connection_;
    nats::event_watch events_;
    std::shared_ptr<const failure_log> log_;
    std::shared_ptr<sent_replies> replies_ = std::make_shared<sent_replies>();
    std::shared_ptr<cancellable_calls> cancellable_ = std::make_shared<cancellable_calls>();
    report_rate denials_{1};  // of answers that are no endpoint's
    std::vector<std::shared_ptr<served>> endpoints_;
    std::vector<std::shared_ptr<served>> removed_;                      // whose calls have not all ended
    std::unordered_map<std::string, std::shared_ptr<served>> by_name_;  // the first of each name
    schema_store schemas_;
    std::vector<nats::subscription> verbs_;
    nats::subscription direct_;
    std::shared_ptr<nats::subscription> own_pings_;
    std::vector<std::weak_ptr<nats::async_event>> waiting_for_stop_;
};

}  // namespace mote::micro::detail
