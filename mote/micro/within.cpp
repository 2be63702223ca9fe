#include <mote/micro/within.hpp>

#include <mote/micro/detail/call_notes.hpp>
#include <mote/micro/detail/callers.hpp>
#include <mote/micro/trace_context.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace mote::micro {
namespace {

constexpr std::chrono::steady_clock::duration shortest{1};

template <class Call>
void tell_of(const Call& call, nats::headers& headers) {
    const auto& caller = detail::call_notes::service_of(call);
    if (!caller.empty() && !headers.get(detail::caller_header)) headers.add(detail::caller_header, caller);
    if (headers.get(traceparent_header)) return;
    if (const auto trace = trace_of(call)) inject(headers, *trace);
}

template <class Call, class Options>
Options part_of(const Call& call, Options opts) {
    if (const auto due = call.deadline()) opts.deadline = opts.deadline ? std::min(*opts.deadline, *due) : *due;
    tell_of(call, opts.headers);
    return opts;
}

template <class Call>
nats::request_options part_of(const Call& call, nats::request_options opts) {
    if (const auto due = call.deadline()) {
        // Not 0, which means the time-out of the connection.
        const std::chrono::nanoseconds left = std::max(*due - std::chrono::steady_clock::now(), shortest);
        opts.timeout = opts.timeout.count() > 0 ? std::min(opts.timeout, left) : left;
    }
    tell_of(call, opts.headers);
    return opts;
}

}  // namespace

call_options within(const request& req, call_options opts) { return part_of(req, std::move(opts)); }
call_options within(const event& seen, call_options opts) { return part_of(seen, std::move(opts)); }
gather_options within(const request& req, gather_options opts) { return part_of(req, std::move(opts)); }
gather_options within(const event& seen, gather_options opts) { return part_of(seen, std::move(opts)); }
stream_options within(const request& req, stream_options opts) { return part_of(req, std::move(opts)); }
stream_options within(const event& seen, stream_options opts) { return part_of(seen, std::move(opts)); }

nats::request_options within(const request& req, nats::request_options opts) { return part_of(req, std::move(opts)); }
nats::request_options within(const event& seen, nats::request_options opts) { return part_of(seen, std::move(opts)); }

}  // namespace mote::micro
