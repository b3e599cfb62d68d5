/**
 * What no pod may ask the kernel for: a filter of system calls (seccomp, as a classic BPF program).
 *
 * A pod is nobody, without capabilities, so nearly all of these would be refused anyway. They are refused before the
 * code behind them runs, because that code is where kernels have had their holes: user namespaces, mounts, tracing of
 * the whole machine, keys, io_uring. The list follows the defaults of container engines. A program that asks hears
 * "not permitted", as it would without the filter; `clone3` is unknown to it, because a filter cannot look into its
 * arguments, and programs then use `clone`.
 *
 * The format is that of `struct sock_filter` (linux/filter.h) over `struct seccomp_data` (linux/seccomp.h); the numbers
 * of calls are the kernel's, asm/unistd_64.h for x64 and asm-generic/unistd.h for arm64.
 */
import { endianness } from 'node:os'

/** The architectures that there is a filter for, as Node names them. */
export type FilteredArch = 'x64' | 'arm64'

/** The program for the architecture, in the bytes that the kernel reads; null where there is none. */
export function seccompFilter(arch: string): Buffer | null {
  if (!isFiltered(arch) || endianness() !== 'LE') return null
  const { audit, clone, clone3, ioctl } = ARCHS[arch]
  return encode([
    load(ARCH_AT),
    ...unless(audit, KILL),
    load(NUMBER_AT),
    ...(arch === 'x64' ? atLeast(X32_BIT, refusal(ENOSYS)) : []),
    ...when(clone3, refusal(ENOSYS)),
    ...Object.values(DENIED).flatMap((numbers) => denied(numbers[arch === 'x64' ? 0 : 1])),
    // The arguments last: looking at one of them loses the number of the call.
    ...whenArgument(clone, { argument: 0, anyOf: NEW_NAMESPACES }),
    ...whenArgument(ioctl, { argument: 1, equals: TIOCSTI }),
    ...whenArgument(ioctl, { argument: 1, equals: TIOCLINUX }),
    result(ALLOW),
  ])
}

/** The system calls that are refused, with their numbers on x64 and arm64; null where there is no such call. */
export const DENIED: Readonly<Record<string, readonly [x64: number | null, arm64: number | null]>> = {
  acct: [163, 89],
  add_key: [248, 217],
  adjtimex: [159, 171],
  bpf: [321, 280],
  clock_adjtime: [305, 266],
  clock_settime: [227, 112],
  delete_module: [176, 106],
  fanotify_init: [300, 262],
  finit_module: [313, 273],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fsopen: [430, 430],
  fspick: [433, 433],
  init_module: [175, 105],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  io_uring_setup: [425, 425],
  ioperm: [173, null],
  iopl: [172, null],
  kcmp: [312, 272],
  kexec_file_load: [320, 294],
  kexec_load: [246, 104],
  keyctl: [250, 219],
  lookup_dcookie: [212, 18],
  mount: [165, 40],
  mount_setattr: [442, 442],
  move_mount: [429, 429],
  move_pages: [279, 239],
  nfsservctl: [180, 42],
  open_by_handle_at: [304, 265],
  open_tree: [428, 428],
  perf_event_open: [298, 241],
  pivot_root: [155, 41],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  reboot: [169, 142],
  request_key: [249, 218],
  setdomainname: [171, 162],
  sethostname: [170, 161],
  setns: [308, 268],
  settimeofday: [164, 170],
  swapoff: [168, 225],
  swapon: [167, 224],
  syslog: [103, 116],
  umount2: [166, 39],
  unshare: [272, 97],
  uselib: [134, null],
  userfaultfd: [323, 282],
  ustat: [136, null],
  vhangup: [153, 58],
}

type ArchNumbers = { readonly audit: number; readonly clone: number; readonly clone3: number; readonly ioctl: number }

/** AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64 (linux/audit.h), and calls of which only some uses are refused. */
const ARCHS: Readonly<Record<FilteredArch, ArchNumbers>> = {
  x64: { audit: 0xc000003e, clone: 56, clone3: 435, ioctl: 16 },
  arm64: { audit: 0xc00000b7, clone: 220, clone3: 435, ioctl: 29 },
}

function isFiltered(arch: string): arch is FilteredArch {
  return Object.hasOwn(ARCHS, arch)
}

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET (linux/sched.h). */
const NEW_NAMESPACES = 0x7e020000
/** Typing into somebody's terminal (asm-generic/ioctls.h). */
const TIOCSTI = 0x5412
const TIOCLINUX = 0x541c
/** Numbers of the x32 interface of x64 begin here. */
const X32_BIT = 0x40000000

/** Offsets into `struct seccomp_data`. Of an argument, which has 64 bits, the lower half comes first. */
const NUMBER_AT = 0
const ARCH_AT = 4
const ARGUMENTS_AT = 16
const ARGUMENT_BYTES = 8

const EPERM = 1
const ENOSYS = 38
const ALLOW = 0x7fff0000
const KILL = 0x80000000

/** One `struct sock_filter`: what to do, how many to leap over if so and if not, and with which number. */
type Instruction = { readonly code: number; readonly ifSo: number; readonly ifNot: number; readonly k: number }

const LOAD = 0x20
const JUMP_EQUAL = 0x15
const JUMP_AT_LEAST = 0x35
const JUMP_ANY_BIT = 0x45
const RETURN = 0x06

function load(offset: number): Instruction {
  return { code: LOAD, ifSo: 0, ifNot: 0, k: offset }
}

function result(k: number): Instruction {
  return { code: RETURN, ifSo: 0, ifNot: 0, k }
}

function refusal(errno: number): number {
  return 0x00050000 | errno
}

function denied(number: number | null): readonly Instruction[] {
  return number === null ? [] : when(number, refusal(EPERM))
}

function when(k: number, then: number): readonly Instruction[] {
  return [{ code: JUMP_EQUAL, ifSo: 0, ifNot: 1, k }, result(then)]
}

function unless(k: number, then: number): readonly Instruction[] {
  return [{ code: JUMP_EQUAL, ifSo: 1, ifNot: 0, k }, result(then)]
}

function atLeast(k: number, then: number): readonly Instruction[] {
  return [{ code: JUMP_AT_LEAST, ifSo: 0, ifNot: 1, k }, result(then)]
}

type ArgumentTest = { readonly argument: number } & ({ readonly anyOf: number } | { readonly equals: number })

/** Refuses a call with such an argument; then the number of the call is there again. */
function whenArgument(number: number, test: ArgumentTest): readonly Instruction[] {
  const jump = 'anyOf' in test ? { code: JUMP_ANY_BIT, k: test.anyOf } : { code: JUMP_EQUAL, k: test.equals }
  return [
    { code: JUMP_EQUAL, ifSo: 0, ifNot: 4, k: number },
    load(ARGUMENTS_AT + test.argument * ARGUMENT_BYTES),
    { ...jump, ifSo: 0, ifNot: 1 },
    result(refusal(EPERM)),
    load(NUMBER_AT),
  ]
}

function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8)
  program.forEach(({ code, ifSo, ifNot, k }, index) => {
    const at = index * 8
    bytes.writeUInt16LE(code, at)
    bytes.writeUInt8(ifSo, at + 2)
    bytes.writeUInt8(ifNot, at + 3)
    bytes.writeUInt32LE(k >>> 0, at + 4)
  })
  return bytes
}

/** The program for this machine; null where nobody looked at its architecture, and pods go without. */
export const SYSTEM_CALLS = seccompFilter(process.arch)
