#include <mote/jetstream/detail/publish_wire.hpp>

#include <mote/jetstream/detail/api.hpp>
#include <mote/jetstream/detail/json.hpp>

#include <algorithm>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <string>

namespace mote::jetstream::detail {
namespace {

namespace json = boost::json;

std::string nanoseconds_text(std::chrono::nanoseconds time) { return std::to_string(time.count()) + "ns"; }

void check_ttl(std::chrono::nanoseconds ttl) {
    if (ttl.count() != 0 && ttl < std::chrono::seconds(1)) throw_error(errc::bad_config, "a message's TTL below 1 s");
}

bool is_increment(std::string_view text) {
    if (text.size() < 2 || (text.front() != '+' && text.front() != '-')) return false;
    return std::all_of(text.begin() + 1, text.end(), [](char each) { return each >= '0' && each <= '9'; });
}

void set_schedule(nats::headers& headers, const message_schedule& schedule) {
    headers.set("Nats-Schedule", schedule.when);
    headers.set("Nats-Schedule-Target", schedule.target);
    if (!schedule.source.empty()) headers.set("Nats-Schedule-Source", schedule.source);
    if (!schedule.time_zone.empty()) headers.set("Nats-Schedule-Time-Zone", schedule.time_zone);
    if (schedule.ttl.count() != 0) headers.set("Nats-Schedule-TTL", nanoseconds_text(schedule.ttl));
    if (schedule.rollup) headers.set("Nats-Schedule-Rollup", "sub");
}

}  // namespace

void check_publish(const context& js, const publish_options& opts) {
    check_ttl(opts.ttl);
    if (opts.ttl.count() != 0) require_server(js, 2, 11, "a message's TTL");
    if (!opts.expected_last_subject.empty()) {
        if (!opts.expected_last_subject_sequence)
            throw_error(errc::bad_config, "a subject of an expected sequence, without the sequence");
        require_server(js, 2, 11, "a subject of an expected sequence");
    }
    if (!opts.counter_increment.empty()) {
        if (!is_increment(opts.counter_increment))
            throw_error(errc::bad_config, "counter increment '" + opts.counter_increment + "'");
        require_server(js, 2, 12, "a counter");
    }
    if (opts.schedule) {
        if (opts.schedule->when.empty() || opts.schedule->target.empty())
            throw_error(errc::bad_config, "a schedule without a time or a target");
        check_ttl(opts.schedule->ttl);
        require_server(js, 2, 12, "a scheduled message");
        // Servers before know one moment only.
        if (!opts.schedule->when.starts_with("@at ")) require_server(js, 2, 14, "a schedule that repeats");
        if (!opts.schedule->time_zone.empty()) require_server(js, 2, 14, "a schedule's time zone");
        if (opts.schedule->rollup) require_server(js, 2, 14, "a schedule's rollup");
    }
}

nats::headers headers_of(const publish_options& opts) {
    nats::headers headers = opts.headers;
    if (!opts.message_id.empty()) headers.set("Nats-Msg-Id", opts.message_id);
    if (!opts.expected_stream.empty()) headers.set("Nats-Expected-Stream", opts.expected_stream);
    if (opts.expected_last_sequence)
        headers.set("Nats-Expected-Last-Sequence", std::to_string(*opts.expected_last_sequence));
    if (opts.expected_last_subject_sequence)
        headers.set("Nats-Expected-Last-Subject-Sequence", std::to_string(*opts.expected_last_subject_sequence));
    if (!opts.expected_last_subject.empty())
        headers.set("Nats-Expected-Last-Subject-Sequence-Subject", opts.expected_last_subject);
    if (!opts.expected_last_message_id.empty()) headers.set("Nats-Expected-Last-Msg-Id", opts.expected_last_message_id);
    if (!opts.rollup.empty()) headers.set("Nats-Rollup", opts.rollup);
    if (opts.ttl.count() != 0) headers.set("Nats-TTL", nanoseconds_text(opts.ttl));
    if (!opts.counter_increment.empty()) headers.set("Nats-Incr", opts.counter_increment);
    if (opts.schedule) set_schedule(headers, *opts.schedule);
    return headers;
}

publish_ack parse_ack(std::string_view payload) {
    unsigned char memory[1024];  // enough for an acknowledgement without a trip to the heap
    json::monotonic_resource resource(memory);
    boost::system::error_code failed;
    const auto parsed = json::parse(json::string_view(payload.data(), payload.size()), failed, &resource);
    if (failed || !parsed.is_object()) throw_error(errc::bad_reply, "publish acknowledgement: not a JSON object");
    throw_if_error(parsed.get_object());
    const json_reader from(parsed.get_object(), "acknowledgement");
    publish_ack ack;
    ack.stream = from.text("stream");
    ack.sequence = from.integer<std::uint64_t>("seq");
    ack.duplicate = from.flag("duplicate");
    ack.domain = from.text("domain");
    ack.value = from.text("val");
    ack.batch = from.text("batch");
    ack.batch_size = from.integer<std::uint64_t>("count");
    // A service that answers on this subject is no stream.
    if (ack.stream.empty()) from.fail("stream", "there");
    if (ack.sequence == 0) from.fail("seq", "there");
    return ack;
}

}  // namespace mote::jetstream::detail
