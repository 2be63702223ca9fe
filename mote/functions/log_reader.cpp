#include <mote/functions/log_reader.hpp>

#include <mote/functions/error.hpp>
#include <mote/jetstream/ordered_consumer.hpp>
#include <mote/json/encode.hpp>

#include <deque>
#include <utility>

namespace mote::functions {
namespace {

namespace asio = boost::asio;
using jetstream::ordered_consumer;

constexpr std::chrono::seconds patience{30};  // for what the server is known to have
constexpr std::chrono::hours while_following{1};
constexpr std::chrono::seconds heartbeat{2};  // twice this, and a stream that is gone is missed

/// The line in a message, if it is one that was asked for. `unreadable` counts what is none of the function.
std::optional<log_line> line_of(const jetstream::ordered_message& stored, const log_query& query,
                                std::uint64_t& unreadable) {
    std::optional<log_line> line;
    try {
        line = log_line::parse(stored.message.payload());
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != errc::bad_log) throw;
    }
    if (!line || line->function != query.function) {
        ++unreadable;
        return std::nullopt;
    }
    if (!query.instance.empty() && line->instance != query.instance) return std::nullopt;
    return line;
}

/// The place in the stream of what was stored at `since` or later: a consumer that starts at a time knows it.
asio::awaitable<std::uint64_t> first_since(jetstream::context js, std::string subject,
                                           std::chrono::system_clock::time_point since) {
    const auto quoted = json::encode(since);
    jetstream::consumer_config config;
    config.durable = false;
    config.deliver = jetstream::deliver_policy::by_start_time;
    config.start_time = quoted.substr(1, quoted.size() - 2);
    config.ack = jetstream::ack_policy::none;
    config.filter_subjects = {std::move(subject)};
    config.memory_storage = true;
    const std::string stream(log_store::stream_name);
    const auto made = co_await js.create_or_update_consumer(stream, std::move(config));
    co_await js.delete_consumer(stream, made.name);
    co_return made.delivered.stream_sequence + 1;
}

jetstream::ordered_consumer_options start_at(std::string subject, std::uint64_t sequence) {
    jetstream::ordered_consumer_options opts;
    opts.filter_subjects = {std::move(subject)};
    opts.idle_heartbeat = heartbeat;
    if (sequence <= 1) return opts;
    opts.deliver = jetstream::deliver_policy::by_start_sequence;
    opts.start_sequence = sequence;
    return opts;
}

/// Where the lines of a tail are in the stream.
struct tail_range {
    std::uint64_t first = 0;  // 0: there are none
    std::uint64_t last = 0;
};

/// Goes through all that there is, without the payloads where it can: consumers cannot count from the end.
asio::awaitable<tail_range> find_tail(jetstream::context js, log_query query, std::uint64_t start) {
    auto opts = start_at(log_store::subject(query.function), start);
    opts.headers_only = query.instance.empty();
    auto all = co_await ordered_consumer::create(std::move(js), std::string(log_store::stream_name), std::move(opts));
    const auto count = static_cast<std::size_t>(query.tail);
    std::deque<std::uint64_t> last_ones;
    std::uint64_t unreadable = 0;
    while (true) {
        const auto stored = co_await all.next_initial(patience);
        if (!stored && !all.caught_up()) nats::throw_error(nats::errc::timeout, "a log");
        if (!stored) break;
        if (!query.instance.empty() && !line_of(*stored, query, unreadable)) continue;
        last_ones.push_back(stored->stream_sequence);
        if (last_ones.size() > count) last_ones.pop_front();
    }
    tail_range found;
    if (last_ones.empty()) co_return found;
    found.first = last_ones.front();
    found.last = last_ones.back();
    co_return found;
}

}  // namespace

struct log_reader::state {
    explicit state(log_query asked) : query(std::move(asked)) {}

    log_query query;
    std::optional<ordered_consumer> lines{};  // none: this is the end
    std::optional<std::uint64_t> last{};      // what is behind it was not asked for
    std::uint64_t unreadable = 0;

    static asio::awaitable<void> open(std::shared_ptr<state> self, jetstream::context js);
    static asio::awaitable<std::optional<log_line>> next(std::shared_ptr<state> self);
    std::optional<log_line> take(const jetstream::ordered_message& stored);
};

asio::awaitable<void> log_reader::state::open(std::shared_ptr<state> self, jetstream::context js) {
    const auto& query = self->query;
    const auto subject = log_store::subject(query.function);
    std::uint64_t start = 1;
    if (query.since) start = co_await first_since(js, subject, *query.since);
    if (query.tail > 0) {
        const auto tail = co_await find_tail(js, query, start);
        if (tail.first == 0 && !query.follow) co_return;
        if (tail.first != 0)
            start = tail.first;  // else all that comes from now on is behind the start that was asked for
        if (!query.follow) self->last = tail.last;
    }
    auto opts = start_at(subject, start);
    auto made = co_await ordered_consumer::create(std::move(js), std::string(log_store::stream_name), std::move(opts));
    self->lines.emplace(std::move(made));
}

std::optional<log_line> log_reader::state::take(const jetstream::ordered_message& stored) {
    if (last && stored.stream_sequence >= *last) lines.reset();
    if (last && stored.stream_sequence > *last) return std::nullopt;
    return line_of(stored, query, unreadable);
}

asio::awaitable<std::optional<log_line>> log_reader::state::next(std::shared_ptr<state> self) {
    const bool follow = self->query.follow;
    while (self->lines) {
        auto waiting = follow ? self->lines->next(while_following) : self->lines->next_initial(patience);
        const auto stored = co_await std::move(waiting);
        if (!self->lines) break;  // stopped meanwhile
        if (stored) {
            if (auto line = self->take(*stored)) co_return line;
        } else if (!follow) {
            if (!self->lines->caught_up()) nats::throw_error(nats::errc::timeout, "a log");
            self->lines.reset();
        }
    }
    co_return std::nullopt;
}

asio::awaitable<log_reader> log_reader::open(log_store store, log_query query) {
    log_reader made(std::make_shared<state>(std::move(query)));
    co_await state::open(made.state_, store.js());
    co_return made;
}

log_reader::log_reader(std::shared_ptr<state> made) : state_(std::move(made)) {}

log_reader::log_reader(log_reader&&) noexcept = default;

log_reader& log_reader::operator=(log_reader&& other) noexcept {
    if (this == &other) return *this;
    if (state_ != nullptr) stop();
    state_ = std::move(other.state_);
    return *this;
}

log_reader::~log_reader() {
    if (state_ != nullptr) stop();
}

asio::awaitable<std::optional<log_line>> log_reader::next() { return state::next(state_); }

void log_reader::stop() noexcept { state_->lines.reset(); }

std::uint64_t log_reader::unreadable() const noexcept { return state_->unreadable; }

}  // namespace mote::functions
