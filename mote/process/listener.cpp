#include <mote/process/listener.hpp>

#include <mote/process/detail/descriptor.hpp>

#include <arpa/inet.h>
#include <dirent.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

namespace mote::process {
namespace {

struct directory_closer {
    void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

/// A question to the kernel, sock_diag(7), for all sockets of a family that listen: whatever else is connected costs nothing.
class listener_dump {
public:
    explicit listener_dump(unsigned char family)
        : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)) {
        struct {
            nlmsghdr head;
            inet_diag_req_v2 what;
        } asked{};
        asked.head.nlmsg_len = sizeof asked;
        asked.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
        asked.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
        asked.what.sdiag_family = family;
        asked.what.sdiag_protocol = IPPROTO_TCP;
        asked.what.idiag_states = 1U << listening;
        works_ = socket_.get() >= 0 && ::send(socket_.get(), &asked, sizeof asked, 0) == sizeof asked;
    }
    /// What `readlink` says of those on `port` is put behind `names`. False where the kernel does not answer.
    bool add(std::uint16_t port, std::vector<std::string>& names) {
        while (works_) {
            const auto got = ::recv(socket_.get(), answer_.data(), answer_.size(), 0);
            auto left = got > 0 ? static_cast<std::size_t>(got) : 0;
            works_ = left != 0;
            for (const auto* head = reinterpret_cast<const nlmsghdr*>(answer_.data()); NLMSG_OK(head, left);
                 head = NLMSG_NEXT(head, left)) {
                if (head->nlmsg_type == NLMSG_DONE) return true;
                if (head->nlmsg_type != SOCK_DIAG_BY_FAMILY) return false;
                const auto* const one = static_cast<const inet_diag_msg*>(NLMSG_DATA(head));
                if (ntohs(one->id.idiag_sport) == port)
                    names.push_back("socket:[" + std::to_string(one->idiag_inode) + "]");
            }
        }
        return false;
    }

private:
    static constexpr unsigned listening = 10;  // TCP_LISTEN of the kernel
    detail::descriptor socket_;
    alignas(nlmsghdr) std::array<char, 16384> answer_{};
    bool works_ = false;
};

/// `hidden`: its files may not be looked at.
bool has_one_of(pid_t process, const std::vector<std::string>& names, bool& hidden) {
    const auto path = "/proc/" + std::to_string(process) + "/fd";
    const std::unique_ptr<DIR, directory_closer> files(::opendir(path.c_str()));
    if (files == nullptr) {
        hidden = hidden || errno == EACCES || errno == EPERM;
        return false;
    }
    std::array<char, 64> target{};
    while (const auto* const file = ::readdir(files.get())) {
        const auto size = ::readlinkat(::dirfd(files.get()), file->d_name, target.data(), target.size());
        if (size <= 0) continue;
        const std::string_view name(target.data(), static_cast<std::size_t>(size));
        if (std::find(names.begin(), names.end(), name) != names.end()) return true;
    }
    return false;
}

}  // namespace

listener who_listens(std::uint16_t port, const std::vector<pid_t>& processes) {
    std::vector<std::string> names;
    bool hidden = !listener_dump(AF_INET).add(port, names);
    hidden = !listener_dump(AF_INET6).add(port, names) || hidden;
    for (const auto process : processes)
        if (has_one_of(process, names, hidden)) return listener::one_of_them;
    return hidden ? listener::unknown : listener::somebody_else;
}

}  // namespace mote::process
