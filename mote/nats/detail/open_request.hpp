#pragma once

#include <mote/nats/detail/request_table.hpp>

#include <memory>
#include <utility>

namespace mote::nats::detail {

class session;

/// Holds a request's slot for as long as somebody may wait for it.
struct open_request {
    std::shared_ptr<session> owner;
    request_table* table;  // of the owner
    request_table::ticket ticket;

    open_request(std::shared_ptr<session> session, request_table& requests, request_table::ticket opened)
        : owner(std::move(session)), table(&requests), ticket(opened) {}
    open_request(const open_request&) = delete;
    open_request& operator=(const open_request&) = delete;
    ~open_request() { table->close(ticket); }

    pending_request& pending() const { return table->at(ticket); }
};

}  // namespace mote::nats::detail
