#include <mote/micro/detail/sendable.hpp>

#include <mote/nats/error.hpp>

#include <boost/system/system_error.hpp>

namespace mote::micro::detail {

void add_sendable(nats::headers& to, const nats::header_field& field) {
    try {
        to.add(field.name, field.value);
    } catch (const boost::system::system_error& refused) {
        if (refused.code() != nats::errc::bad_header) throw;
    }
}

nats::headers sendable(const nats::headers_view& received) {
    nats::headers kept;
    for (const auto& field : received) add_sendable(kept, field);
    return kept;
}

}  // namespace mote::micro::detail
