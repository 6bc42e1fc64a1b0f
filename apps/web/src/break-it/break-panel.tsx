export default function BreakPanel() {
  return null;
}
