#include <apps/mote/ask/load_generator.hpp>

#include <mote/micro/client.hpp>

#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <string_view>
#include <utility>

namespace mote::command {
namespace {

namespace asio = boost::asio;

constexpr auto usual_look = std::chrono::milliseconds(20);
constexpr auto shortest_look = std::chrono::microseconds(200);
constexpr int no_responders = 503;

std::optional<std::uint32_t> number_of(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

void append_number(std::string& text, std::uint32_t number) {
    std::array<char, 16> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    text.append(digits.data(), written.ptr);
}

}  // namespace

load_generator::load_generator(nats::connection connection, load_options options)
    : connection_(std::move(connection)),
      options_(std::move(options)),
      reply_(connection_.new_inbox() + "."),
      inbox_size_(reply_.size()),
      slots_(options_.in_flight),
      free_(options_.in_flight),
      timer_(connection_.executor()) {
    std::iota(free_.rbegin(), free_.rend(), 0U);
    nats::subscribe_options behind;
    behind.after_burst = [this] {
        burst_.reset();
        send_all();
    };
    answers_ = connection_.subscribe(reply_ + "*.*", [this](const nats::message_view& reply) { take(reply); }, behind);
}

// ---- one request

load_generator::clock::time_point load_generator::turn_of(std::uint64_t number) const noexcept {
    const std::chrono::duration<double> behind(static_cast<double>(number) / *options_.rate);
    return began_ + std::chrono::duration_cast<clock::duration>(behind);
}

bool load_generator::may_send(clock::time_point now) const noexcept {
    if (!sending_ || held_ || free_.empty() || (count_ && sent_ >= *count_)) return false;
    return !options_.rate || turn_of(sent_) <= now;
}

void load_generator::send(clock::time_point now) {
    const std::uint32_t index = free_.back();
    slot& used = slots_[index];
    reply_.resize(inbox_size_);
    append_number(reply_, index);
    reply_ += '.';
    append_number(reply_, used.generation);
    connection_.publish(options_.subject, reply_, options_.body, options_.headers);
    free_.pop_back();
    used.open = true;
    used.measured = measuring_;
    used.since = options_.rate ? turn_of(sent_) : now;
    used.sent_at = now;
    ++sent_;
}

void load_generator::send_all() noexcept {
    try {
        const auto now = clock::now();
        while (may_send(now)) send(now);
    } catch (const boost::system::system_error& error) {
        if (error.code() == nats::errc::outbound_buffer_full)
            held_ = true;
        else
            failed_ = std::current_exception();
    } catch (...) {
        failed_ = std::current_exception();
    }
}

// ---- one answer

load_generator::slot* load_generator::slot_of(std::string_view reply_subject) {
    if (reply_subject.size() <= inbox_size_) return nullptr;
    const auto rest = reply_subject.substr(inbox_size_);
    const auto dot = rest.find('.');
    const auto index = number_of(rest.substr(0, dot));
    const auto generation = dot == std::string_view::npos ? std::nullopt : number_of(rest.substr(dot + 1));
    if (!index || !generation || *index >= slots_.size()) return nullptr;
    slot& found = slots_[*index];
    return found.open && found.generation == *generation ? &found : nullptr;
}

void load_generator::close(slot& answered) {
    answered.open = false;
    ++answered.generation;
    free_.push_back(static_cast<std::uint32_t>(&answered - slots_.data()));
}

void load_generator::take(const nats::message_view& reply) {
    slot* const answered = slot_of(reply.subject);
    if (answered == nullptr) return;  // too late, or the second answer to a request
    if (!burst_) burst_ = clock::now();
    const bool nobody = !reply.headers.empty() && reply.headers.status() == no_responders && reply.payload.empty();
    held_ = held_ || nobody;
    if (answered->measured) {
        if (nobody) {
            result_.tally.nobody_there();
        } else {
            const auto error = reply.headers.empty() ? std::nullopt : micro::error_in(reply);
            result_.tally.answered(*burst_ - answered->since, error ? error->status() : 0);
            result_.bytes_out += options_.body.size();
            result_.bytes_in += reply.payload.size();
            last_answer_ = *burst_;
        }
    }
    close(*answered);
}

void load_generator::give_up_late_ones(clock::time_point now) {
    for (slot& each : slots_) {
        if (!each.open || now - each.sent_at < options_.timeout) continue;
        if (each.measured) result_.tally.timed_out();
        close(each);
    }
}

// ---- all of them

bool load_generator::is_done() const noexcept {
    return (!sending_ || (count_ && sent_ >= *count_)) && free_.size() == slots_.size();
}

load_generator::clock::time_point load_generator::next_look(clock::time_point now,
                                                            clock::time_point end) const noexcept {
    auto at = now + usual_look;
    if (held_) at = now + shortest_look * 5;
    if (sending_ && options_.rate && !free_.empty()) at = std::min(at, std::max(turn_of(sent_), now + shortest_look));
    return sending_ ? std::min(at, end) : at;
}

asio::awaitable<void> load_generator::run(clock::time_point end, std::function<void()> look) {
    for (;;) {
        const auto now = clock::now();
        if (connection_.status() == nats::connection_status::closed && !failed_)
            nats::throw_error(nats::errc::closed, options_.subject);
        if (failed_) std::rethrow_exception(failed_);
        held_ = false;
        give_up_late_ones(now);
        if (sending_ && now >= end) co_return;
        if (is_done()) co_return;
        send_all();
        if (look) look();
        timer_.expires_at(next_look(now, end));
        co_await timer_.async_wait(asio::use_awaitable);
    }
}

void load_generator::begin(bool measuring, std::optional<std::uint64_t> count) {
    sending_ = true;
    measuring_ = measuring;
    count_ = count;
    sent_ = 0;
    began_ = clock::now();
    last_answer_ = began_;
}

asio::awaitable<void> load_generator::warm_up(std::chrono::nanoseconds duration) {
    begin(false, std::nullopt);
    const std::function<void()> nothing;
    co_await run(began_ + duration, nothing);
}

asio::awaitable<void> load_generator::measure(std::chrono::nanoseconds duration, std::optional<std::uint64_t> count,
                                              std::function<void()> look) {
    begin(true, count);
    const auto end = count ? clock::time_point::max() : began_ + duration;
    co_await run(end, look);
    sending_ = false;
    co_await run(clock::time_point::max(), look);
}

load_result load_generator::result() const {
    load_result so_far = result_;
    so_far.took = measuring_ ? last_answer_ - began_ : std::chrono::nanoseconds(0);
    return so_far;
}

}  // namespace mote::command
