export default function LogPanel() {
  return null;
}
