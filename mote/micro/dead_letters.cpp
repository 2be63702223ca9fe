#include <mote/micro/dead_letters.hpp>

#include <mote/jetstream/ordered_consumer.hpp>
#include <mote/micro/detail/dead_letter.hpp>
#include <mote/micro/detail/letter_reader.hpp>
#include <mote/micro/detail/validate.hpp>
#include <mote/micro/service_error.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

// All work is done by functions that own a copy of the context, so that a call outlives the handle it was made on.

namespace mote::micro {
namespace {

namespace asio = boost::asio;
using letters = std::vector<dead_letter>;
using detail::dead_letter_stream;

constexpr std::size_t longest_page = 1000;

void check_name(const std::string& name) {
    if (!name.empty() && !detail::is_valid_name(name)) throw_error(errc::bad_name, "'" + name + "'");
}

std::string subject_of(const dead_letter_filter& filter) {
    check_name(filter.service);
    check_name(filter.endpoint);
    if (filter.service.empty() && filter.endpoint.empty()) return "mote.dead.>";
    const auto token = [](const std::string& name) { return name.empty() ? std::string("*") : name; };
    return "mote.dead." + token(filter.service) + "." + token(filter.endpoint);
}

bool is_absent_stream(const boost::system::system_error& failed) {
    return failed.code() == jetstream::errc::stream_not_found;
}

/// What `reading` gives, or `otherwise` where the stream is not there.
template <class T>
asio::awaitable<T> or_when_absent(asio::awaitable<T> reading, T otherwise) {
    try {
        co_return co_await std::move(reading);
    } catch (const boost::system::system_error& failed) {
        if (!is_absent_stream(failed)) throw;
    }
    co_return otherwise;
}

asio::awaitable<letters> read_page(jetstream::context js, std::string filter, dead_letter_page page) {
    jetstream::ordered_consumer_options wanted;
    wanted.filter_subjects = {std::move(filter)};
    wanted.headers_only = true;
    wanted.deliver = jetstream::deliver_policy::by_start_sequence;
    wanted.start_sequence = std::max<std::uint64_t>(page.from, 1);
    wanted.idle_heartbeat = std::chrono::seconds(1);  // it shows the end when the last ones are removed meanwhile
    const auto limit = std::clamp<std::size_t>(page.limit, 1, longest_page);
    const auto patience = std::max<std::chrono::nanoseconds>(js.timeout(), std::chrono::seconds(2));
    auto reader = co_await jetstream::ordered_consumer::create(js, dead_letter_stream, wanted);
    letters found;
    while (found.size() < limit) {
        const auto next = co_await reader.next_initial(patience);
        if (!next) break;
        found.push_back(detail::read_letter_headers(next->message, next->stream_sequence, next->time));
    }
    if (found.size() < limit && !reader.caught_up()) nats::throw_error(nats::errc::timeout, "reading dead letters");
    co_await reader.stop();
    co_return found;
}

asio::awaitable<std::optional<dead_letter>> read_one(jetstream::context js, std::uint64_t sequence) {
    const auto stored =
        co_await or_when_absent(js.message(dead_letter_stream, sequence), std::optional<jetstream::stored_message>());
    std::optional<dead_letter> letter;
    if (stored) letter = detail::read_letter(*stored);
    co_return letter;
}

/// The time is for a stream that was deleted and made again: its sequences start over.
std::string message_id_of(const dead_letter& letter) {
    const auto age = std::chrono::duration_cast<std::chrono::nanoseconds>(letter.time.time_since_epoch());
    return "dead:" + std::to_string(letter.sequence) + ":" + std::to_string(age.count());
}

asio::awaitable<std::optional<jetstream::publish_ack>> publish_again(jetstream::context js, std::uint64_t sequence) {
    const auto letter = co_await read_one(js, sequence);
    if (!letter) co_return std::nullopt;
    if (letter->subject.empty())
        nats::throw_error(nats::errc::bad_subject,
                          "dead letter " + std::to_string(sequence) + " does not tell its subject");
    jetstream::publish_options opts;
    opts.headers = letter->headers;
    opts.message_id = message_id_of(*letter);
    const auto ack = co_await js.publish(letter->subject, letter->payload, opts);
    co_await js.delete_message(dead_letter_stream, sequence);
    co_return ack;
}

asio::awaitable<std::uint64_t> last_sequence(jetstream::context js) {
    const auto info = co_await js.stream(dead_letter_stream);
    co_return info.state.last_sequence;
}

/// What is wrong with one letter only.
bool concerns_one_letter(const boost::system::error_code& why) {
    return why == nats::errc::bad_subject ||
           (why.category() == jetstream::jetstream_category() && why != jetstream::errc::not_enabled);
}

/// `retry` of the letters of a page up to `last`. Subjects that no stream takes are asked once: that takes its time.
class retry_round {
public:
    explicit retry_round(jetstream::context js) : js_(std::move(js)) {}

    static asio::awaitable<void> retry(std::shared_ptr<retry_round> self, dead_letter letter) {
        if (self->untaken_.contains(letter.subject)) {
            ++self->counts_.failed;
            co_return;
        }
        try {
            const auto ack = co_await publish_again(self->js_, letter.sequence);
            if (ack) ++self->counts_.retried;
        } catch (const boost::system::system_error& failed) {
            if (!concerns_one_letter(failed.code())) throw;
            if (failed.code() == jetstream::errc::no_stream_response) self->untaken_.insert(letter.subject);
            if (++self->counts_.failed == 1)
                self->counts_.first_failure = std::to_string(letter.sequence) + ": " + failed.what();
        }
    }

    const retry_counts& counts() const noexcept { return counts_; }

private:
    jetstream::context js_;
    std::set<std::string> untaken_;
    retry_counts counts_;
};

asio::awaitable<retry_counts> retry_each(jetstream::context js, std::string filter) {
    const auto last = co_await or_when_absent(last_sequence(js), std::uint64_t(0));
    const auto round = std::make_shared<retry_round>(js);
    dead_letter_page page;
    page.limit = longest_page;
    while (page.from <= last) {
        const auto found = co_await or_when_absent(read_page(js, filter, page), letters());
        for (const auto& each : found)
            if (each.sequence <= last) co_await retry_round::retry(round, each);
        if (found.size() < page.limit) break;
        page.from = found.back().sequence + 1;
    }
    co_return round->counts();
}

asio::awaitable<void> keep_letter(jetstream::context js, detail::dead_letter letter, nats::message message) {
    co_await detail::make_dead_letter_stream(js);
    auto publishing = detail::publish_dead_letter(js, std::move(letter), message.view());
    co_await std::move(publishing);
}

}  // namespace

dead_letters::dead_letters(nats::connection connection) : js_(std::move(connection)) {}

dead_letters::dead_letters(jetstream::context js) : js_(std::move(js)) {}

asio::awaitable<void> dead_letters::add(lost_work what, nats::message message) const {
    check_name(what.service);
    check_name(what.endpoint);
    detail::dead_letter letter;
    letter.service = std::move(what.service);
    letter.endpoint = std::move(what.endpoint);
    letter.stream = std::move(what.stream);
    letter.sequence = what.sequence;
    letter.stored = what.stored;
    letter.tries = what.tries;
    letter.reason = std::move(what.reason);
    return keep_letter(js_, std::move(letter), std::move(message));
}

asio::awaitable<letters> dead_letters::list(dead_letter_filter filter, dead_letter_page page) const {
    return or_when_absent(read_page(js_, subject_of(filter), page), letters());
}

asio::awaitable<std::optional<dead_letter>> dead_letters::get(std::uint64_t sequence) const {
    return read_one(js_, sequence);
}

asio::awaitable<std::optional<jetstream::publish_ack>> dead_letters::retry(std::uint64_t sequence) const {
    return publish_again(js_, sequence);
}

asio::awaitable<bool> dead_letters::drop(std::uint64_t sequence) const {
    return or_when_absent(js_.delete_message(dead_letter_stream, sequence), false);
}

asio::awaitable<retry_counts> dead_letters::retry_all(dead_letter_filter filter) const {
    return retry_each(js_, subject_of(filter));
}

asio::awaitable<std::uint64_t> dead_letters::drop_all(dead_letter_filter filter) const {
    return or_when_absent(js_.purge_stream(dead_letter_stream, subject_of(filter)), std::uint64_t(0));
}

}  // namespace mote::micro
