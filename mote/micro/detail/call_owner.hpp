#pragma once

#include <mote/nats/headers.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace mote::micro {
struct endpoint_info;
}

namespace mote::micro::detail {

struct call_record;

/// Who counts calls and answers them: an endpoint, or the work of a stream.
class call_owner {
public:
    call_owner() = default;
    call_owner(const call_owner&) = delete;
    call_owner& operator=(const call_owner&) = delete;

    virtual const endpoint_info& info() const noexcept = 0;
    /// The name of the service that it belongs to.
    virtual const std::string& service() const noexcept = 0;
    // These two on any thread.
    virtual void respond(call_record& record, std::string_view payload, const nats::headers* headers) = 0;
    virtual void respond_error(call_record& record, int status, std::string_view description, std::string_view data,
                               const nats::headers& headers) = 0;
    virtual void fail_with_current_exception(call_record& record) noexcept = 0;
    virtual void finish(call_record& record) noexcept = 0;
    /// The same call with a message of its own.
    virtual std::shared_ptr<call_record> take_over(call_record& borrowed) = 0;

protected:
    ~call_owner() = default;
};

}  // namespace mote::micro::detail
