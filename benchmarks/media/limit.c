/* The least that forwarding can cost on this machine: for each viewer copy the packets of a burst, encrypt them in place with a key
 * of its own (AES-128-GCM, RFC 7714: header as associated data, 16 bytes of tag) and hand them to the kernel with sendmmsg. No
 * reading, no RTCP, no STUN, no DTLS. The traffic is that of the unit's own measurement: pictures in bursts, and a voice whose packets
 * go alone. Receivers are sockets on the loopback that another process empties as often as the load tool does (swarm.py).
 *
 * Built as a shared library and called from Python, so that the very crypto library inside pylibsrtp can be used: its EVP functions
 * are looked up by name at run time, and no header of OpenSSL is needed. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#define SOL_UDP_LEVEL 17
#define HEADER 12
#define TAG 16
#define CHUNK 32        /* viewers whose packets lie in the cache at once (measured best) */
#define MOST_BURST 64
#define LOOK 10000000   /* nanoseconds between two looks of the receivers (TICK of swarm.py) */

struct result {
    double cpu;         /* seconds of the sending process, user and system */
    uint64_t sent;
    uint64_t received;
    uint64_t failed;    /* packets that sendmmsg did not take */
    uint64_t late;      /* bursts that began more than 5 ms after their time */
};

typedef void *ctx_t;
static ctx_t (*ctx_new)(void);
static void (*ctx_free)(ctx_t);
static const void *(*aes_128_gcm)(void);
static int (*encrypt_init)(ctx_t, const void *, void *, const uint8_t *, const uint8_t *);
static int (*encrypt_update)(ctx_t, uint8_t *, int *, const uint8_t *, int);
static int (*encrypt_final)(ctx_t, uint8_t *, int *);
static int (*ctx_ctrl)(ctx_t, int, int, void *);

static int load(const char *path) {
    void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    if (!library) return -1;
    *(void **)&ctx_new = dlsym(library, "EVP_CIPHER_CTX_new");
    *(void **)&ctx_free = dlsym(library, "EVP_CIPHER_CTX_free");
    *(void **)&aes_128_gcm = dlsym(library, "EVP_aes_128_gcm");
    *(void **)&encrypt_init = dlsym(library, "EVP_EncryptInit_ex");
    *(void **)&encrypt_update = dlsym(library, "EVP_EncryptUpdate");
    *(void **)&encrypt_final = dlsym(library, "EVP_EncryptFinal_ex");
    *(void **)&ctx_ctrl = dlsym(library, "EVP_CIPHER_CTX_ctrl");
    return ctx_new && ctx_free && aes_128_gcm && encrypt_init && encrypt_update && encrypt_final && ctx_ctrl ? 0 : -1;
}

static double seconds_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

/* Runs in the other process until it is killed: empties the sinks and counts. */
static void drain(const int *sinks, int viewers, volatile uint64_t *count) {
    int poll = epoll_create1(0);
    struct epoll_event events[1024];
    static struct mmsghdr messages[MOST_BURST];
    for (int i = 0; i < viewers; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = sinks[i]};
        epoll_ctl(poll, EPOLL_CTL_ADD, sinks[i], &event);
    }
    for (;;) {
        nanosleep(&(struct timespec){0, LOOK}, NULL);
        int ready = epoll_wait(poll, events, 1024, -1);
        for (int i = 0; i < ready; i++) {
            int got = recvmmsg(events[i].data.fd, messages, MOST_BURST, MSG_DONTWAIT | MSG_TRUNC, NULL);
            if (got > 0) *count += got;
        }
    }
}

static void encrypt(ctx_t ctx, uint8_t *packet, int size, uint64_t number) {
    uint8_t iv[12] = {0};
    int out;
    memcpy(iv + 4, &number, 8);
    encrypt_init(ctx, NULL, NULL, NULL, iv);
    encrypt_update(ctx, NULL, &out, packet, HEADER);
    encrypt_update(ctx, packet + HEADER, &out, packet + HEADER, size);
    encrypt_final(ctx, packet + HEADER + size, &out);
    ctx_ctrl(ctx, 0x10 /* EVP_CTRL_AEAD_GET_TAG */, TAG, packet + HEADER + size);
}

/* `together`: packets in one message (1: no UDP_SEGMENT); it divides `burst`. `size`, `voice`: bytes of RTP payload of a picture's packet, and
 * of a voice's, fifty a second (0: none). 0, or -errno. */
int limit(const char *library, int viewers, int burst, int together, int size, int voice, double every, double lasting, struct result *told) {
    memset(told, 0, sizeof *told);
    if (together < 1 || burst > MOST_BURST || burst % together || load(library)) return -EINVAL;
    const int wire = HEADER + size + TAG, parts = burst / together;
    int *sinks = calloc(viewers, sizeof *sinks);
    struct sockaddr_in *addresses = calloc(viewers, sizeof *addresses);
    ctx_t *keys = calloc(viewers, sizeof *keys);
    uint8_t *plain = malloc((size_t)burst * wire), *buffer = malloc((size_t)CHUNK * burst * wire);
    struct mmsghdr *messages = calloc((size_t)CHUNK * parts, sizeof *messages);
    struct iovec *pieces = calloc((size_t)CHUNK * parts, sizeof *pieces);
    char control[CMSG_SPACE(sizeof(uint16_t))] = {0};
    volatile uint64_t *count = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const int room = 1 << 20;

    for (int i = 0; i < viewers; i++) {
        socklen_t length = sizeof *addresses;
        uint8_t key[16];
        sinks[i] = socket(AF_INET, SOCK_DGRAM, 0);
        addresses[i].sin_family = AF_INET;
        addresses[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (sinks[i] < 0 || bind(sinks[i], (void *)&addresses[i], sizeof *addresses)) return -errno;
        getsockname(sinks[i], (void *)&addresses[i], &length);
        setsockopt(sinks[i], SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
        memset(key, i, sizeof key);
        keys[i] = ctx_new();
        if (!encrypt_init(keys[i], aes_128_gcm(), NULL, key, NULL)) return -EINVAL;
    }
    for (int i = 0; i < burst * wire; i++) plain[i] = i * 7;

    pid_t parent = getpid(), drainer = fork();
    if (drainer < 0) return -errno;
    if (!drainer) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent) drain(sinks, viewers, count);
        _exit(0);
    }
    int out = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(out, SOL_SOCKET, SO_SNDBUF, &(int){8 << 20}, sizeof(int));
    struct cmsghdr *segment = (void *)control;
    segment->cmsg_level = SOL_UDP_LEVEL;
    segment->cmsg_type = UDP_SEGMENT;
    segment->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    *(uint16_t *)CMSG_DATA(segment) = wire;
    for (int i = 0; i < CHUNK * parts; i++) {
        messages[i].msg_hdr.msg_iov = &pieces[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_namelen = sizeof *addresses;
    }

    uint64_t number = 0;
    double began = seconds_of(CLOCK_MONOTONIC), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID), pictures = began, voices = began;
    while (pictures < began + lasting) {
        int speaks = voice > 0 && voices < pictures;
        double due = speaks ? voices : pictures, wait = due - seconds_of(CLOCK_MONOTONIC);
        if (wait > 0) nanosleep(&(struct timespec){(time_t)wait, (wait - (time_t)wait) * 1e9}, NULL);
        else if (wait < -0.005) told->late++;
        /* A voice: one packet for each, of `voice` bytes, without segments. */
        int many = speaks ? 1 : burst, whole = speaks ? 1 : together, bytes = speaks ? voice : size;
        int step = many / whole, length = HEADER + bytes + TAG;
        for (int first = 0; first < viewers; first += CHUNK) {
            int some = viewers - first < CHUNK ? viewers - first : CHUNK;
            for (int i = 0; i < some; i++) {
                uint8_t *place = buffer + (size_t)i * many * length;
                memcpy(place, plain, (size_t)many * length);
                for (int k = 0; k < many; k++) encrypt(keys[first + i], place + (size_t)k * length, bytes, number + k);
                for (int k = 0; k < step; k++) {
                    pieces[i * step + k] = (struct iovec){place + (size_t)k * whole * length, (size_t)whole * length};
                    messages[i * step + k].msg_hdr.msg_name = &addresses[first + i];
                    messages[i * step + k].msg_hdr.msg_control = whole > 1 ? control : NULL;
                    messages[i * step + k].msg_hdr.msg_controllen = whole > 1 ? sizeof control : 0;
                }
            }
            int done = 0, all = some * step;
            while (done < all) {
                int took = sendmmsg(out, messages + done, all - done, 0);
                if (took > 0) {
                    done += took;
                    told->sent += (uint64_t)took * whole;
                } else if (errno != EINTR) {
                    told->failed += whole;
                    done++;
                }
            }
        }
        number += many;
        if (speaks) voices += 0.02;
        else pictures += every;
    }
    told->cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    nanosleep(&(struct timespec){0, 200000000}, NULL);
    told->received = *count;
    kill(drainer, SIGKILL);
    waitpid(drainer, NULL, 0);
    for (int i = 0; i < viewers; i++) {
        close(sinks[i]);
        ctx_free(keys[i]);
    }
    close(out);
    munmap((void *)count, 4096);
    free(sinks), free(addresses), free(keys), free(plain), free(buffer), free(messages), free(pieces);
    return 0;
}
