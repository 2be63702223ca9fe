#pragma once

#include <mote/nats/connection.hpp>
#include <mote/nats/subscription.hpp>

#include <map>
#include <memory>
#include <string>

namespace mote::command {

/// Which instances of services have answered so far: each reply counts, however late it comes. On the connection's executor.
class roster {
public:
    /// Throws nats errors.
    explicit roster(const nats::connection& connection);

    /// Asks all who are there. Who answers is in `seen` then; a server that is away is asked when it is back.
    void ask() noexcept;
    /// Names by ids; also of those that have gone. At most 10,000.
    const std::map<std::string, std::string>& seen() const noexcept { return *seen_; }

private:
    nats::connection connection_;
    std::string inbox_;
    std::shared_ptr<std::map<std::string, std::string>> seen_;
    nats::subscription replies_;
};

}  // namespace mote::command
