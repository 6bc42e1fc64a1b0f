export default function OperationsPanel() {
  return null;
}
