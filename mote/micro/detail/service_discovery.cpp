#include <mote/micro/detail/error_headers.hpp>
#include <mote/micro/detail/service_state.hpp>

#include <mote/micro/detail/load_json.hpp>
#include <mote/micro/detail/status.hpp>
#include <mote/micro/detail/wire.hpp>
#include <mote/nats/nuid.hpp>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <utility>

// How a service is found: the $SRV subjects of ADR-32, and the subject of this instance alone.

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds closed_timeout{30};  // of the calls that are going on when the connection is closed

}  // namespace

void service_state::subscribe_verb(const std::string& verb, reply_text reply) {
    const auto all = "$SRV." + verb;
    const auto named = all + "." + config_.name;
    const auto own = named + "." + id_;
    const auto handler = [weak = weak_from_this(), reply](const nats::message_view& asked) {
        if (const auto self = weak.lock()) self->answer(asked, reply);
    };
    verbs_.push_back(connection_.subscribe(all, handler, verb_options(all)));
    verbs_.push_back(connection_.subscribe(named, handler, verb_options(named)));
    if (reply == &service_state::ping_reply)
        own_pings_ = std::make_shared<nats::subscription>(connection_.subscribe(own, verb_options(own)));
    else
        verbs_.push_back(connection_.subscribe(own, handler, verb_options(own)));
}

nats::subscribe_options service_state::verb_options(const std::string& subject) const {
    nats::subscribe_options opts;
    opts.on_error = [log = log_, subject](const boost::system::error_code& failed, const std::string& text) {
        log->report({{}, subject, text, failed.message()});
    };
    return opts;
}

/// This one subscription is read and not handled inline, because its reader is told when the connection is drained or
/// closed for good.
asio::awaitable<void> service_state::answer_own_pings(std::weak_ptr<service_state> weak,
                                                      std::shared_ptr<nats::subscription> pings) {
    for (;;) {
        std::optional<nats::message> asked;
        bool refused = false;
        try {
            asked = co_await pings->next(std::chrono::nanoseconds::max());
        } catch (const boost::system::system_error& failed) {
            refused = failed.code() == nats::errc::permission_denied;
        }
        const auto self = weak.lock();
        if (self == nullptr) co_return;
        if (asked) {
            self->answer(asked->view(), &service_state::ping_reply);
            continue;
        }
        const bool ended_by_us = self->phase_ != phase::running || self->own_pings_ != pings;
        if (!refused && !ended_by_us)
            asio::co_spawn(self->connection_.executor(), stop(self, closed_timeout), [](const std::exception_ptr&) {});
        co_return;
    }
}

/// A control request without a reply subject has nobody to tell, so nothing happens.
void service_state::answer(const nats::message_view& asked, reply_text reply) const noexcept {
    try {
        if (asked.reply.empty()) return;
        const auto text = (this->*reply)(parse_page(asked.payload));
        if (text.size() > connection_.server().max_payload) return answer_too_large(asked, text.size());
        connection_.respond(asked, text);
        replies_->note(sent_replies::print_of(asked.reply), nullptr);
    } catch (const std::exception& failed) {
        log_->report({{}, std::string(asked.subject), "no answer sent", failed.what()});
    }
}

/// With the identity as the body, so that the asker knows whom to ask for pages.
void service_state::answer_too_large(const nats::message_view& asked, std::size_t size) const {
    const auto largest = connection_.server().max_payload;
    page half;
    half.limit = std::max<std::size_t>(endpoints_.size() * largest / size / 2, 1);
    nats::headers headers;
    headers.add(error_header, "a reply of " + std::to_string(size) + " bytes is over the server's max_payload of " +
                                  std::to_string(largest) + ": ask for pages such as " + page_json(half));
    headers.add(error_code_header, std::to_string(status::content_too_large));
    connection_.respond(asked, ping_json(info(page{0, 0})), &headers);
}

std::string service_state::ping_reply(const page&) const { return ping_json(info(page{0, 0})); }
std::string service_state::info_reply(const page& part) const { return info_json(info(part)); }
std::string service_state::stats_reply(const page& part) const {
    auto all = stats(part);
    for (auto& endpoint : all.endpoints) endpoint.data = data_with_load(endpoint);
    return stats_json(all);
}

service_info service_state::info(const page& part) const {
    service_info info;
    info.name = config_.name;
    info.id = id_;
    info.version = config_.version;
    info.description = config_.description;
    info.metadata = config_.metadata;
    for (const auto& endpoint : part_of(part)) info.endpoints.push_back(endpoint->info());
    return info;
}

std::span<const std::shared_ptr<served>> service_state::part_of(const page& part) const {
    const std::span all(endpoints_);
    const auto offset = std::min(part.offset, all.size());
    return all.subspan(offset, std::min(part.limit, all.size() - offset));
}

// ---- this instance alone

std::string service_state::direct_prefix() const { return "_MOTE." + id_; }

void service_state::subscribe_direct() {
    const auto subject = direct_prefix() + ".*";
    nats::subscribe_options opts;
    // An account may forbid it. Then the endpoints serve all the same, and nobody is told of a subject that is not there.
    opts.on_error = [weak = weak_from_this()](const boost::system::error_code& failed, const std::string&) {
        if (const auto self = weak.lock(); failed && self != nullptr)
            self->config_.metadata.erase(std::string(direct_key));
    };
    direct_ = connection_.subscribe(
        subject,
        [weak = weak_from_this()](const nats::message_view& message) {
            if (const auto self = weak.lock()) self->on_direct_message(message);
        },
        std::move(opts));
}

void service_state::on_direct_message(const nats::message_view& message) {
    const auto name = message.subject.substr(message.subject.rfind('.') + 1);
    if (const auto endpoint = find(name)) return endpoint->on_direct_message(message);
    if (message.reply.empty()) return;
    nats::headers headers;
    headers.add(error_header, "no endpoint of that name");
    headers.add(error_code_header, "404");
    connection_.respond(message, {}, &headers);
}

// ---- statistics

service_stats service_state::stats(const page& part) const {
    service_stats stats;
    stats.name = config_.name;
    stats.id = id_;
    stats.version = config_.version;
    stats.metadata = config_.metadata;
    stats.started = started_;
    for (const auto& endpoint : part_of(part)) {
        auto one = endpoint->stats();
        one.data = data_of(endpoint->info());
        stats.endpoints.push_back(std::move(one));
    }
    return stats;
}

std::optional<std::string> service_state::data_of(const endpoint_info& endpoint) const {
    if (!config_.stats_handler) return std::nullopt;
    std::string cause;
    try {
        auto data = config_.stats_handler(endpoint);
        if (data.empty()) return std::nullopt;
        if (is_json_object(data)) return data;
        cause = "not a JSON object: " + data;
    } catch (const std::exception& thrown) {
        cause = thrown.what();
    } catch (...) {
        cause = "not a std::exception";
    }
    log_->report({endpoint.name, endpoint.subject, "no data from the stats handler", cause});
    return std::nullopt;
}

void service_state::reset() {
    started_ = utc_text(std::chrono::system_clock::now());
    for (const auto& endpoint : endpoints_) endpoint->reset();
}

}  // namespace mote::micro::detail
