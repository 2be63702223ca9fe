#include <mote/micro/detail/client_span.hpp>

#include <cstdint>
#include <exception>

namespace mote::micro::detail {
namespace {

/// By the conventions of OpenTelemetry 1.45, as the span of who answers (middleware/tracing.cpp).
void describe(span& made, const call_told& told) {
    made.kind = span_kind::client;
    if (told.service.empty()) {
        made.name = "request " + std::string(told.subject);
    } else {
        made.name = std::string(told.service) + "/" + std::string(told.endpoint);
        made.attributes.emplace_back("rpc.method", made.name);
    }
    made.attributes.emplace_back("rpc.system.name", "nats");
    made.attributes.emplace_back("messaging.system", "nats");
    if (!told.subject.empty()) made.attributes.emplace_back("messaging.destination.name", std::string(told.subject));
    made.attributes.emplace_back("messaging.message.body.size", static_cast<std::int64_t>(told.bytes));
}

}  // namespace

std::optional<client_span> client_span::open(span_sink sink, const call_told& told, nats::headers& headers) {
    const auto parent = trace_in(headers);
    if (parent && !parent->sampled) return std::nullopt;
    span made;
    made.context = parent ? parent->child() : trace_context::root();
    if (parent) made.parent = parent->span_id;
    describe(made, told);
    inject(headers, made.context);
    return client_span(std::move(sink), std::move(made));
}

void client_span::begin() noexcept {
    made_.started = std::chrono::system_clock::now();
    begun_ = std::chrono::steady_clock::now();
}

/// To a caller each error is a failure, also one that the service blames on the request.
void client_span::end_with_status(int status, bool failed) noexcept {
    try {
        made_.attributes.emplace_back("rpc.response.status_code", std::to_string(status));
    } catch (const std::exception&) {
        return give();  // out of memory
    }
    if (failed) return fail(std::to_string(status));
    give();
}

void client_span::fail(std::string why) noexcept {
    made_.failed = true;
    try {
        made_.attributes.emplace_back("error.type", std::move(why));
    } catch (const std::exception&) {
        return give();  // out of memory
    }
    give();
}

/// What a sink throws has nobody to be reported to, and the call goes its way without it.
void client_span::give() noexcept {
    made_.took = std::chrono::steady_clock::now() - begun_;
    try {
        sink_(std::move(made_));
    } catch (const std::exception&) {
        return;
    }
}

}  // namespace mote::micro::detail
