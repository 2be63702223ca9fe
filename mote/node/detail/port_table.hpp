#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <utility>

namespace mote::node::detail {

/// The ports of 127.0.0.1 that processes of this node listen on or are about to: no two of them get the same one.
class port_table {
public:
    /// A port, for as long as it lives.
    class lease {
    public:
        lease(lease&& other) noexcept = default;
        lease& operator=(lease&&) = delete;
        lease(const lease&) = delete;
        lease& operator=(const lease&) = delete;
        ~lease() {
            if (taken_ != nullptr) taken_->erase(port_);
        }
        std::uint16_t port() const noexcept { return port_; }

    private:
        friend class port_table;
        lease(std::shared_ptr<std::set<std::uint16_t>> taken, std::uint16_t port) noexcept
            : taken_(std::move(taken)), port_(port) {}
        std::shared_ptr<std::set<std::uint16_t>> taken_;
        std::uint16_t port_;
    };

    /// One that nobody listens on. Throws `boost::system::system_error`.
    lease take();
    /// That one; nothing when somebody has it, of this node or not.
    std::optional<lease> try_take(std::uint16_t port);

private:
    std::shared_ptr<std::set<std::uint16_t>> taken_ = std::make_shared<std::set<std::uint16_t>>();
};

}  // namespace mote::node::detail
