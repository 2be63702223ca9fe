#include <mote/node/detail/call_table.hpp>

#include <mote/functions/call_headers.hpp>

#include <vector>

namespace mote::node::detail {

call_table::call_table(const nats::connection& connection)
    : cancels_(connection.subscribe(std::string(functions::call_headers::cancel_prefix) + "*",
                                    [this](const nats::message_view& message) {
                                        cancel(message.subject.substr(functions::call_headers::cancel_prefix.size()));
                                    })) {}

void call_table::cancel(std::string_view id) {
    std::vector<entry*> found;
    const auto [first, last] = entries_.equal_range(std::string(id));
    for (auto one = first; one != last; ++one) found.push_back(one->second);
    // A call that ends takes only its own entry away.
    for (auto* const one : found) {
        one->cancelled_ = true;
        one->signal_.emit(boost::asio::cancellation_type::terminal);
    }
}

call_table::entry::entry(call_table& table, std::string_view id) : table_(table), id_(id) {
    if (!id_.empty()) table_.entries_.emplace(id_, this);
}

call_table::entry::~entry() {
    const auto [first, last] = table_.entries_.equal_range(id_);
    for (auto one = first; one != last; ++one)
        if (one->second == this) {
            table_.entries_.erase(one);
            return;
        }
}

}  // namespace mote::node::detail
